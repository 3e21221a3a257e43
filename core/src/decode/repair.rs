//! More work on codes that are seen but not read: the view is bent to what was found, blur is undone, and what is known
//! of the code after each attempt teaches the next one.

use super::Budget;
use super::attempt::Attempt;
use super::card::{CardRead, Evidence, Start};
use super::grid::Grid;
use super::judge::Judge;
use super::layout::Layout;
use super::plane::{Pictures, Plane};
use super::roll::Roll;
use super::warp::Warp;

/// Guesses that get more work.
const STARTS: usize = 3;

/// Least agreement of the fixed patterns for more work.
const SEEN: f32 = 0.35;

/// How far pins may lie from a flat view, as a share of a module.
const FLAT: f32 = 0.15;

/// Attempts that learn from one another.
const ROUNDS: usize = 3;

/// More work on the best guesses. What was seen of a code that could not be read goes to `evidence`.
pub fn thorough(
    pictures: &Pictures<'_>,
    mut starts: Vec<Start>,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    evidence: &mut Option<Evidence>,
) -> Option<CardRead> {
    starts.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
    starts.into_iter().take(STARTS).find_map(|start| {
        let plane = pictures.of_module(start.warp.module());
        hard(plane, &start, budget, judge, evidence)
    })
}

fn hard(
    plane: &Plane<'_>,
    start: &Start,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    evidence: &mut Option<Evidence>,
) -> Option<CardRead> {
    let layout = start.layout;
    for warp in views(start) {
        if !budget.take(300) {
            return None;
        }
        let grid = Grid::sample(plane, &warp, layout.side).leveled();
        let agreement = grid.agreement(layout);
        if agreement < SEEN {
            continue;
        }
        let attempt = Attempt::new(layout, judge);
        let mut best = grid.clone();
        let mut known = fixed(layout);
        let mut outcome = attempt.solve(&grid, budget);
        for _ in 0..ROUNDS {
            let training = [fixed(layout), outcome.sure].concat();
            if outcome.text.is_some() || training.len() <= known.len() || !budget.take(200) {
                break;
            }
            let Some(equalized) = grid.equalized(&training) else {
                break;
            };
            outcome = attempt.solve(&equalized, budget);
            (best, known) = (equalized, training);
        }
        if let Some(text) = outcome.text {
            return Some(text.repaired().at(warp));
        }
        if evidence.as_ref().is_none_or(|known| known.agreement < agreement) {
            *evidence = Some(Evidence {
                layout,
                grid: best,
                agreement,
                warp,
            });
        }
    }
    None
}

/// The view, and a rolled one where the patterns do not lie flat.
fn views(start: &Start) -> Vec<Warp> {
    let flat = start.warp;
    if flat.is_rolled() || flat.off(&start.pins) < FLAT * flat.module() {
        return vec![flat];
    }
    let side = start.layout.side;
    let roll = Roll::of_pins(side, &start.pins).and_then(|roll| roll.nearer(&start.pins));
    let rolled = roll.and_then(|roll| Warp::rolled(side, roll));
    rolled.into_iter().chain([flat]).collect()
}

/// The modules of the fixed patterns: place in the grid, dark.
fn fixed(layout: &Layout) -> Vec<(usize, bool)> {
    let place = |fixed: &super::layout::Fixed| (fixed.row * layout.side + fixed.column, fixed.dark);
    layout.fixed.iter().map(place).collect()
}
