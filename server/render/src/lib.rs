//! Draws cards and codes, with no database.
