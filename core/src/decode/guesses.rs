//! Where codes may lie, told by two or three finder patterns that face each other.
//!
//! A finder pattern seen closely points along the arms of its code. Two that point at each other, about as far apart as
//! those of a card, are enough: where the third is hidden by a thumb or a lamp's mirror, the two tell where it must be.

use super::corners::Corners;
use super::marks::Mark;
use super::warp::Warp;

/// Modules between the centers of finder patterns, of versions 7 to 9, with what tilt and measuring may change.
const SPANS: std::ops::Range<f32> = 30.0..56.0;

/// How far a finder pattern may point past the other, as a share of their distance.
const ASTRAY: f32 = 0.16;

/// A guess of how a code lies.
#[derive(Debug, Clone, Copy)]
pub struct Guess {
    /// Its three corners.
    pub corners: Corners,
    /// How far away the ends of both arms are, the origin being 1.
    pub depths: [f32; 2],
    /// How good a guess it is; more is better.
    pub worth: f32,
    /// The finder patterns at the origin, right and down, turned as the code is, if all three are seen.
    pub marks: Option<[Mark; 3]>,
}

/// An arm from one finder pattern to another.
#[derive(Debug, Clone, Copy)]
struct Arm {
    from: usize,
    to: usize,
    span: f32,
    /// How far away the end is, the start being 1.
    depth: f32,
    astray: f32,
}

/// Guesses by the marks of a picture, the best first.
pub fn guesses(marks: &[Mark]) -> Vec<Guess> {
    let mut arms = Vec::new();
    for from in 0..marks.len() {
        for to in 0..marks.len() {
            if from != to {
                arms.extend(arm(marks, from, to));
            }
        }
    }
    let mut guesses: Vec<Guess> = Vec::new();
    for one in &arms {
        for other in &arms {
            if one.from == other.from && one.to != other.to {
                guesses.extend(triple(marks, one, other));
            }
        }
    }
    for one in arms.iter().filter(|arm| arm.from < arm.to) {
        guesses.extend(pairs(marks, one));
    }
    for one in 0..marks.len() {
        for other in one + 1..marks.len() {
            guesses.extend(diagonals(&marks[one], &marks[other]));
        }
    }
    guesses.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    guesses
}

fn length([x, y]: [f32; 2]) -> f32 {
    x.hypot(y)
}

fn between(from: [f32; 2], to: [f32; 2]) -> [f32; 2] {
    [to[0] - from[0], to[1] - from[1]]
}

/// The arm between two finder patterns that face each other, if they do.
fn arm(marks: &[Mark], from: usize, to: usize) -> Option<Arm> {
    let way = between(marks[from].center, marks[to].center);
    let (start, end) = (marks[from].facing(way), marks[to].facing(way));
    let [far, aside] = start.modules(end.center);
    let [back, astray] = end.modules(start.center);
    let (far, back) = (far.abs(), back.abs());
    let span = (far * back).sqrt();
    let astray = (aside.abs() / far).max(astray.abs() / back);
    // Along a line seen in perspective, lengths shrink with the square of the depth.
    let depth = (length(start.across) / length(end.across)).sqrt();
    let seen = SPANS.contains(&span) && astray < ASTRAY && (0.4..2.5).contains(&depth);
    seen.then_some(Arm {
        from,
        to,
        span,
        depth,
        astray,
    })
}

fn triple(marks: &[Mark], right: &Arm, down: &Arm) -> Option<Guess> {
    let origin = marks[right.from].center;
    let (end, below) = (marks[right.to].center, marks[down.to].center);
    let (across, along) = (between(origin, end), between(origin, below));
    if across[0] * along[1] - across[1] * along[0] <= 0.0 {
        return None;
    }
    // Both arms must leave the origin along different sides.
    let facing = marks[right.from].facing(across);
    let [u, v] = facing.modules(below);
    if u.abs() > 0.3 * v.abs() {
        return None;
    }
    let likeness = marks[right.from].likeness + marks[right.to].likeness + marks[down.to].likeness;
    let misfit = (right.span / down.span).ln().abs() + right.astray + down.astray;
    Some(Guess {
        corners: corners(origin, end, below, (right.span * down.span).sqrt()),
        depths: [right.depth, down.depth],
        worth: likeness - misfit,
        marks: Some([
            facing,
            marks[right.to].facing(across),
            // A quarter turn back from the way down is the way right.
            marks[down.to].facing([along[1], -along[0]]),
        ]),
    })
}

fn corners(origin: [f32; 2], right: [f32; 2], down: [f32; 2], span: f32) -> Corners {
    let arms = length(between(origin, right)) + length(between(origin, down));
    Corners {
        origin,
        right,
        down,
        side: span + 7.0,
        module: arms / (2.0 * span),
        misfit: 0.0,
    }
}

/// The four codes of which two finder patterns may be an arm: on either side of it, with the origin at either end.
fn pairs(marks: &[Mark], arm: &Arm) -> Vec<Guess> {
    let (one, other) = (&marks[arm.from], &marks[arm.to]);
    let way = between(one.center, other.center);
    let (start, end) = (one.facing(way), other.facing(way));
    let span = [38.0_f32, 42.0, 46.0]
        .into_iter()
        .min_by(|a, b| (a - arm.span).abs().total_cmp(&(b - arm.span).abs()))
        .unwrap_or(arm.span);
    let pins = [start.pins([0.0, 0.0]), end.pins([span, 0.0])].concat();
    let Some(view) = Warp::of_pins(45, &pins) else {
        return Vec::new();
    };
    let place = |u: f32, v: f32| <[f32; 2]>::from(view.map(u, v));
    // Sizes along the other way tell how far away the hidden end is.
    let depth = |u: f32, v: f32| {
        let size = |v: f32| length(between(place(u, v - 0.5), place(u, v + 0.5)));
        (size(0.0) / size(v)).sqrt().clamp(0.5, 2.0)
    };
    let mut guesses = Vec::new();
    for side in [span, -span] {
        for (u, from, to) in [(0.0, one, other), (span, other, one)] {
            let third = place(u, side);
            let along = if u == 0.0 { arm.depth } else { 1.0 / arm.depth };
            let across = between(from.center, to.center);
            let down = between(from.center, third);
            let straight = across[0] * down[1] - across[1] * down[0] > 0.0;
            let (right, below, depths) = if straight {
                (to.center, third, [along, depth(u, side)])
            } else {
                (third, to.center, [depth(u, side), along])
            };
            guesses.push(Guess {
                corners: corners(from.center, right, below, span),
                depths,
                worth: one.likeness + other.likeness - arm.astray - 0.6,
                marks: None,
            });
        }
    }
    guesses
}

/// The two codes of which two finder patterns may be the corners beside the origin, which is hidden.
fn diagonals(one: &Mark, other: &Mark) -> Vec<Guess> {
    let facing = other.facing(one.across);
    let [u, v] = one.modules(other.center);
    let [back, up] = facing.modules(one.center);
    let spans = [u, v, back, up].map(f32::abs);
    let span = spans.iter().product::<f32>().sqrt().sqrt();
    let skew = spans
        .into_iter()
        .map(|one| (one / span).ln().abs())
        .fold(0.0, f32::max);
    if !SPANS.contains(&span) || skew > 0.35 {
        return Vec::new();
    }
    let (u, v) = (span.copysign(u), span.copysign(v));
    let pins = [one.pins([0.0, 0.0]), facing.pins([u, v])].concat();
    let Some(view) = Warp::of_pins(45, &pins) else {
        return Vec::new();
    };
    let place = |[u, v]: [f32; 2]| <[f32; 2]>::from(view.map(u, v));
    // Sizes along the way from one place to another tell how far away the other is.
    let depth = |from: [f32; 2], to: [f32; 2]| {
        let way = between(from, to).map(|step| 0.5 * step / span);
        let size = |[u, v]: [f32; 2]| {
            length(between(
                place([u - way[0], v - way[1]]),
                place([u + way[0], v + way[1]]),
            ))
        };
        (size(from) / size(to)).sqrt().clamp(0.5, 2.0)
    };
    let guess = |origin: [f32; 2]| {
        let corner = place(origin);
        let ends = [[0.0, 0.0], [u, v]].map(|end| (place(end), depth(origin, end)));
        let (across, along) = (between(corner, ends[0].0), between(corner, ends[1].0));
        let straight = across[0] * along[1] - across[1] * along[0] > 0.0;
        let [right, down] = if straight { ends } else { [ends[1], ends[0]] };
        Guess {
            corners: corners(corner, right.0, down.0, span),
            depths: [right.1, down.1],
            worth: one.likeness + other.likeness - skew - 0.7,
            marks: None,
        }
    };
    vec![guess([u, 0.0]), guess([0.0, v])]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finder patterns of a version 7 code with modules of five pixels, turned by some degrees.
    fn marks(degrees: f32) -> [Mark; 3] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (across, down) = ([5.0 * cos, 5.0 * sin], [-5.0 * sin, 5.0 * cos]);
        [(0.0, 0.0), (38.0, 0.0), (0.0, 38.0)].map(|(u, v)| Mark {
            center: [0, 1].map(|axis| 300.0 + u * across[axis] + v * down[axis]),
            across,
            down,
            likeness: 0.9,
        })
    }

    fn close(a: [f32; 2], b: [f32; 2]) -> bool {
        length(between(a, b)) < 2.0
    }

    #[test]
    fn three_that_face_each_other_are_the_first_guess() {
        for degrees in [0.0, 35.0, 170.0, 290.0] {
            let [origin, right, down] = marks(degrees);
            let guesses = guesses(&[down, origin, right]);
            let first = guesses[0];
            assert!(first.marks.is_some());
            assert!((first.corners.side - 45.0).abs() < 0.1, "{first:?}");
            assert!(close(first.corners.origin, origin.center));
            assert!(close(first.corners.right, right.center));
            assert!(close(first.corners.down, down.center));
        }
    }

    #[test]
    fn of_any_two_the_third_is_among_the_guesses() {
        let all = marks(20.0);
        for hidden in 0..3 {
            let seen: Vec<Mark> = (0..3).filter(|&at| at != hidden).map(|at| all[at]).collect();
            let guesses = guesses(&seen);
            let right = |guess: &&Guess| {
                let corners = guess.corners;
                let found = [corners.origin, corners.right, corners.down];
                found
                    .into_iter()
                    .zip(all)
                    .all(|(corner, mark)| close(corner, mark.center))
            };
            assert!(guesses.iter().any(|guess| right(&guess)), "{hidden}: {guesses:?}");
        }
    }

    #[test]
    fn those_that_point_elsewhere_are_no_guess() {
        let [origin, mut right, _] = marks(0.0);
        assert!(!guesses(&[origin, right]).is_empty());
        (right.across, right.down) = ([3.5, 3.5], [-3.5, 3.5]);
        assert!(guesses(&[origin, right]).is_empty());
        assert!(guesses(&[origin]).is_empty());
    }
}
