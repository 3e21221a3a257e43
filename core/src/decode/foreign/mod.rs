//! Codes of other makers: any version, level, mask and mode. What they say is answered "not our card" by the verdict.
//!
//! Nothing is known of such a code in advance but the standard (ISO/IEC 18004), so the way is a straight one: the
//! version from the timing patterns ([`place`]), level and mask from the format information ([`format`]), codewords
//! and corrections ([`matrix`]), and the text from the segments ([`segments`]).

mod content;
mod format;
mod levels;
mod matrix;
mod place;
mod segments;

use super::Budget;
use super::corners::Corners;
use super::grid::Grid;
use super::layout::Layout;
use super::plane::Plane;
use super::sight;
use super::warp::Warp;
use content::Content;

/// How well the fixed patterns must be seen at least, up to 1.
const LEAST_AGREEMENT: f32 = 0.3;

/// A code of another maker that was read.
#[derive(Debug, Clone)]
pub struct ForeignRead {
    /// What it says.
    pub content: Content,
    /// Where it lies.
    pub warp: Warp,
    /// QR version.
    pub version: u8,
    /// Seen in a mirror.
    pub mirrored: bool,
    /// Whether more than a plain look was needed.
    pub repaired: bool,
}

/// Reads the code at three finder patterns; with `patience` also one whose blur must be undone.
pub fn read(
    plane: &Plane<'_>,
    corners: &Corners,
    budget: &mut Budget,
    patience: bool,
) -> Option<ForeignRead> {
    let sight = sight::look(plane, corners)?;
    let mut versions = place::versions(plane, corners, &sight);
    let mut at = 0;
    while let Some(&(version, first)) = versions.get(at) {
        at += 1;
        let layout = Layout::of(version);
        if !budget.take(cost(&layout)) {
            return None;
        }
        for warp in place::views(plane, corners, &first, &layout) {
            let grid = Grid::sample(plane, &warp, layout.side).leveled();
            if grid.agreement(&layout) < LEAST_AGREEMENT {
                continue;
            }
            // A large code says its version itself, which is surer than how far its patterns are apart.
            let said = format::version(&grid).filter(|said| versions.iter().all(|known| known.0 != *said));
            versions.extend(said.and_then(|said| place::of_version(plane, corners, &sight, said)));
            let read = text(&grid, &layout, warp).or_else(|| {
                let sharp = patience.then(|| grid.equalized(&fixed(&layout))).flatten()?;
                let read = text(&sharp, &layout, warp)?;
                Some(ForeignRead {
                    repaired: true,
                    ..read
                })
            });
            if read.is_some() {
                return read;
            }
        }
    }
    None
}

/// Steps of a look at a code.
fn cost(layout: &Layout) -> u32 {
    let modules = layout.side * layout.side / 10;
    u32::try_from(80 + modules + 15 * layout.alignments.len()).unwrap_or(u32::MAX)
}

/// The modules of the fixed patterns: place in the grid, dark.
fn fixed(layout: &Layout) -> Vec<(usize, bool)> {
    let fixed = layout.fixed.iter();
    fixed
        .map(|fixed| (fixed.row * layout.side + fixed.column, fixed.dark))
        .collect()
}

fn text(grid: &Grid, layout: &Layout, warp: Warp) -> Option<ForeignRead> {
    let carried = matrix::carried(grid, layout)?;
    Some(ForeignRead {
        content: segments::content(&carried.data, layout.version)?,
        warp,
        version: layout.version,
        mirrored: carried.mirrored,
        repaired: carried.repaired,
    })
}

#[cfg(test)]
mod tests;
