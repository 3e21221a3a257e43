//! SVG: one path of horizontal runs, in module units, sharp at any size.

use std::fmt::Write as _;

use super::{Code, QUIET_ZONE};

/// Draws a code; `width_mm` is the width with the quiet zone, in millimeters.
pub fn draw(code: &Code, width_mm: f64) -> String {
    let side = code.side() + 2 * QUIET_ZONE;
    let path = path(code);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm}mm" height="{width_mm}mm" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>
"##
    )
}

/// The dark runs of a code as SVG path data, moved by the quiet zone; for cards that place the code themselves.
pub fn path(code: &Code) -> String {
    let mut path = String::new();
    for row in 0..code.side() {
        let mut column = 0;
        while column < code.side() {
            let run = (column..code.side())
                .take_while(|&column| code.is_dark(column, row))
                .count();
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(
                    path,
                    "M{} {}h{run}v1h-{run}z",
                    column + QUIET_ZONE,
                    row + QUIET_ZONE
                );
            }
            column += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_cover_exactly_the_dark_modules() {
        let code = Code::smallest("TRG1:ABC").unwrap();
        let mut drawn = vec![false; code.side() * code.side()];
        for run in path(&code).split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            let start = (y.parse::<usize>().unwrap() - 4) * code.side() + x.parse::<usize>().unwrap() - 4;
            drawn[start..start + length].fill(true);
        }
        for row in 0..code.side() {
            for column in 0..code.side() {
                assert_eq!(drawn[row * code.side() + column], code.is_dark(column, row));
            }
        }
        let picture = draw(&code, 25.0);
        assert!(picture.contains(&format!(r#"viewBox="0 0 {0} {0}""#, code.side() + 8)));
        assert!(picture.contains(r#"width="25mm""#));
    }
}
