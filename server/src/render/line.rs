//! The line of threads: rows go in at one end, and what became of them comes out in the same order.
//!
//! A reader cuts the file into pieces of some rows. Each piece goes to whichever thread is free, together with the way
//! back; the ways back wait in the order of the file, so that nothing has to be sorted. Both queues are short: a file of
//! any size takes the same memory.

use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Context as _;

/// Rows of a piece.
const PIECE: usize = 16;

/// Rows, the number of the first, and the way back.
struct Piece<I, O> {
    first: u64,
    rows: Vec<I>,
    back: SyncSender<Vec<O>>,
}

/// What each thread does with a row.
pub struct Bench<S, W> {
    /// How many threads.
    pub threads: usize,
    /// Makes a thread's place ready.
    pub start: S,
    /// Does a row, whose number counts from 0, at the thread's place.
    pub work: W,
}

/// As many threads as there are cores.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Does every row and hands over what became of it, in the order of the rows.
pub fn run<I: Send, O: Send, D>(
    rows: impl Iterator<Item = io::Result<I>> + Send,
    bench: &Bench<impl Fn() -> D + Sync, impl Fn(&mut D, u64, I) -> O + Sync>,
    mut take: impl FnMut(O) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let threads = bench.threads.max(1);
    let (work, pieces) = sync_channel(threads);
    let (order, results) = sync_channel(2 * threads);
    let pieces = Mutex::new(pieces);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read(rows, &work, &order));
        for _ in 0..threads {
            scope.spawn(|| draw(bench, &pieces));
        }
        for result in results {
            let outcomes: Vec<O> = result
                .recv()
                .context("a drawing thread stopped; run the command again")?;
            outcomes.into_iter().try_for_each(&mut take)?;
        }
        let read = reader.join();
        read.unwrap_or_else(|_| Err(io::Error::other("the reading thread stopped")))
            .context("cannot read the spreadsheet to its end")
    })
}

/// Cuts the rows into pieces. Ends early when nobody takes them any more.
fn read<I, O>(
    mut rows: impl Iterator<Item = io::Result<I>>,
    work: &SyncSender<Piece<I, O>>,
    order: &SyncSender<Receiver<Vec<O>>>,
) -> io::Result<()> {
    let mut first = 0;
    loop {
        let piece = rows.by_ref().take(PIECE).collect::<io::Result<Vec<I>>>()?;
        let count = piece.len() as u64;
        if count == 0 {
            return Ok(());
        }
        let (back, result) = sync_channel(1);
        let piece = Piece {
            first,
            rows: piece,
            back,
        };
        if order.send(result).is_err() || work.send(piece).is_err() {
            return Ok(());
        }
        first += count;
    }
}

fn draw<I, O, D>(
    bench: &Bench<impl Fn() -> D, impl Fn(&mut D, u64, I) -> O>,
    pieces: &Mutex<Receiver<Piece<I, O>>>,
) {
    let mut place = (bench.start)();
    loop {
        let next = pieces.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Piece { first, rows, back }) = next else {
            return;
        };
        let outcomes = (first..)
            .zip(rows)
            .map(|(at, row)| (bench.work)(&mut place, at, row))
            .collect();
        // Nobody takes it when the run has failed; the reader then ends too.
        let _ = back.send(outcomes);
    }
}
