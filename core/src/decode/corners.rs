//! Which three finder patterns belong to one code.

use super::finder::Finder;

/// Three finder patterns as the corners of a code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corners {
    /// The one between the two others.
    pub origin: [f32; 2],
    /// Along the code's rows.
    pub right: [f32; 2],
    /// Along the code's columns.
    pub down: [f32; 2],
    /// Modules on a side, as far as sizes and distances tell.
    pub side: f32,
    /// Size of a module, pixels.
    pub module: f32,
    /// How far they are from three corners of a square of equal patterns; 0 is perfect.
    pub misfit: f32,
}

/// The triples that may be codes, the best first, at most `most`.
pub fn triples(finders: &[Finder], most: usize) -> Vec<Corners> {
    let mut triples = Vec::new();
    for a in 0..finders.len() {
        for b in a + 1..finders.len() {
            for c in b + 1..finders.len() {
                triples.extend(triple([finders[a], finders[b], finders[c]]));
            }
        }
    }
    triples.sort_by(|a, b| a.misfit.total_cmp(&b.misfit));
    triples.truncate(most);
    triples
}

fn triple(finders: [Finder; 3]) -> Option<Corners> {
    let modules = finders.map(|finder| finder.module);
    let (small, large) = (
        modules.into_iter().fold(f32::MAX, f32::min),
        modules.into_iter().fold(0.0, f32::max),
    );
    if large > 3.0 * small {
        return None;
    }
    let distance = |a: Finder, b: Finder| (a.x - b.x).hypot(a.y - b.y);
    let [a, b, c] = finders;
    let options = [(a, b, c), (b, a, c), (c, a, b)];
    let (origin, one, other) = options
        .into_iter()
        .max_by(|x, y| distance(x.1, x.2).total_cmp(&distance(y.1, y.2)))?;
    let cross = (one.x - origin.x) * (other.y - origin.y) - (one.y - origin.y) * (other.x - origin.x);
    let (right, down) = if cross > 0.0 { (one, other) } else { (other, one) };
    let (across, along) = (distance(origin, right), distance(origin, down));
    let sides = [(across, right), (along, down)].map(|(far, end)| {
        let way = [(end.x - origin.x) / far, (end.y - origin.y) / far];
        7.0 + 2.0 * far / (module_along(origin, way) + module_along(end, way))
    });
    let slant = (cross.abs() / (across * along)).min(1.0);
    let stretch = (across / along).ln().abs();
    if slant < 0.25 || stretch > 1.9 || sides[0].min(sides[1]) < 17.0 || sides[0].max(sides[1]) > 190.0 {
        return None;
    }
    let misfit = (large / small).ln()
        + 0.5 * stretch
        + (1.0 - slant)
        + 0.5 * (sides[0] / sides[1]).ln().abs()
        + 0.6 / finders.map(|finder| finder.hits).into_iter().min().unwrap_or(1) as f32;
    Some(Corners {
        origin: [origin.x, origin.y],
        right: [right.x, right.y],
        down: [down.x, down.y],
        side: (sides[0] * sides[1]).sqrt(),
        module: (across + along) / (sides[0] + sides[1] - 14.0),
        misfit,
    })
}

/// Size of a module along a direction. Lines through a turned square are longer than its sides, so that rows and
/// columns measure too much.
fn module_along(finder: Finder, [x, y]: [f32; 2]) -> f32 {
    (finder.wide * x * x + finder.high * y * y) * x.abs().max(y.abs())
}
