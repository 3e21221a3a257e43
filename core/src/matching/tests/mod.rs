//! What must hold for any two persons, and vectors that every platform repeats.

pub(super) mod properties;
mod record;
mod register;
mod rules;
mod vectors;
