//! Photos of cards: found, decoded and judged by the code that phones run.
//!
//! A photo is bounded by its header before any pixel of it is decoded ([`photo`]), and so are the pictures on the pages of
//! a PDF file ([`document`]). Whatever codes they show are read ([`look`]), and one of them is answered for: a card before a code of another maker ([`answer`]).

mod answer;
pub mod command;
mod document;
pub(crate) mod look;
pub mod photo;
