//! The server and the command line of Teranga, by domain.
pub mod bundle;
pub mod card;
pub mod cli;
pub mod db;
pub mod dedupe;
pub mod demo;
pub mod keys;
pub mod mpi;
pub mod review;
pub mod scan;
pub mod verify;
