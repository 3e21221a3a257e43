//! Draws cards and codes; knows no database and no network.
//!
//! A [`template`] is a file; with a [`config`] and logos it becomes a [`scene`] layout, once for a batch. Each card's
//! [`data`] resolves to its own items of the scene, and [`paint`] or the PDF writer draws them.
#![deny(missing_docs)]

pub mod color;
pub mod config;
pub mod data;
pub mod fonts;
pub mod geometry;
pub mod logo;
pub mod paint;
pub mod pdf;
pub mod qr;
pub mod scene;
pub mod template;
pub mod text;
pub mod zip;
