//! Places of a code that are found again in the picture: its finder and alignment patterns.

use super::plane::Plane;
use super::warp::Warp;

/// A place of the code and where it lies in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pin {
    /// In modules from the code's upper left corner.
    pub code: [f32; 2],
    /// In pixels.
    pub picture: [f32; 2],
    /// How much it counts.
    pub weight: f32,
}

/// A pattern of modules around a center: columns, rows, and weights that sum to zero.
#[derive(Debug)]
pub struct Pattern {
    modules: Vec<(f32, f32, f32)>,
    norm: f32,
}

impl Pattern {
    /// Of rings around a center, dark where `dark` says so of the ring's number.
    pub fn rings(reach: i32, dark: fn(i32) -> bool) -> Self {
        let cells = (-reach..=reach).flat_map(|row| (-reach..=reach).map(move |column| (column, row)));
        let all: Vec<_> = cells
            .map(|(column, row)| (column, row, dark(column.abs().max(row.abs()))))
            .collect();
        let count = |wanted: bool| all.iter().filter(|cell| cell.2 == wanted).count() as f32;
        let (darks, lights) = (count(true), count(false));
        let weight = |dark: bool| if dark { -1.0 / darks } else { 1.0 / lights };
        let modules: Vec<_> = all
            .iter()
            .map(|&(column, row, dark)| (column as f32, row as f32, weight(dark)))
            .collect();
        Self {
            norm: modules.iter().map(|cell| cell.2 * cell.2).sum::<f32>().sqrt(),
            modules,
        }
    }

    /// A finder pattern with the light around it.
    pub fn finder() -> Self {
        Self::rings(4, |ring| ring != 2 && ring != 4)
    }

    /// A finder pattern by a third of its modules, for a first look.
    pub fn sparse_finder() -> Self {
        let mut pattern = Self::finder();
        pattern
            .modules
            .retain(|&(u, v, _)| (u + v) % 2.0 == 0.0 && (u * v == 0.0 || u.abs() == v.abs()));
        pattern.balanced()
    }

    /// With weights that sum to zero again.
    fn balanced(mut self) -> Self {
        let sum = |dark: bool| -> f32 {
            let of = self.modules.iter().filter(|cell| (cell.2 < 0.0) == dark);
            of.map(|cell| cell.2.abs()).sum()
        };
        let (dark, light) = (sum(true), sum(false));
        for cell in &mut self.modules {
            cell.2 /= if cell.2 < 0.0 { dark } else { light };
        }
        self.norm = self
            .modules
            .iter()
            .map(|cell| cell.2 * cell.2)
            .sum::<f32>()
            .sqrt();
        self
    }

    /// An alignment pattern.
    pub fn alignment() -> Self {
        Self::rings(2, |ring| ring != 1)
    }

    /// How like the pattern the picture is around a center, −1 to 1 (normalized correlation), with one module along
    /// `across` and `down`.
    pub fn likeness(&self, plane: &Plane<'_>, center: [f32; 2], across: [f32; 2], down: [f32; 2]) -> f32 {
        let (mut product, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for &(u, v, weight) in &self.modules {
            let value = plane.at(
                center[0] + u * across[0] + v * down[0],
                center[1] + u * across[1] + v * down[1],
            );
            product += weight * value;
            sum += value;
            squares += value * value;
        }
        let count = self.modules.len() as f32;
        // Half a gray level of noise keeps flat places from looking like anything.
        let spread = (squares - sum * sum / count).max(0.0) + 0.5 * count;
        product / (self.norm * spread.sqrt())
    }

    /// The place within `reach` modules of a place of the code that is most like the pattern, and how like.
    pub fn seek(&self, plane: &Plane<'_>, warp: &Warp, code: [f32; 2], reach: f32) -> ([f32; 2], f32) {
        let center = warp.map(code[0], code[1]);
        let step = |u: f32, v: f32| {
            let (x, y) = warp.map(code[0] + u, code[1] + v);
            [x - center.0, y - center.1]
        };
        let (right, left) = (step(0.5, 0.0), step(-0.5, 0.0));
        let (below, above) = (step(0.0, 0.5), step(0.0, -0.5));
        let across = [right[0] - left[0], right[1] - left[1]];
        let down = [below[0] - above[0], below[1] - above[1]];
        let at = |u: f32, v: f32| {
            [
                center.0 + u * across[0] + v * down[0],
                center.1 + u * across[1] + v * down[1],
            ]
        };
        // Near is likelier than far.
        let score = |u: f32, v: f32| {
            self.likeness(plane, at(u, v), across, down) - 0.03 * (u * u + v * v).min(9.0) / reach.max(1.0)
        };
        let mut best = (score(0.0, 0.0), 0.0, 0.0);
        let steps = (reach / 0.5).round() as i32;
        for (count, size) in [(steps, 0.5), (1, 0.25), (1, 0.125)] {
            let (u, v) = (best.1, best.2);
            for row in -count..=count {
                for column in -count..=count {
                    if row == 0 && column == 0 {
                        continue;
                    }
                    let (u, v) = (u + column as f32 * size, v + row as f32 * size);
                    let value = score(u, v);
                    if value > best.0 {
                        best = (value, u, v);
                    }
                }
            }
        }
        (at(best.1, best.2), best.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_where_it_is_and_is_like_itself() {
        // An alignment pattern with modules of four pixels, one and a half modules from where it is looked for.
        let pixel = |at: usize| {
            let (x, y) = ((at % 80) as f32 + 0.5, (at / 80) as f32 + 0.5);
            let ring = ((x - 46.0) / 4.0).abs().max(((y - 38.0) / 4.0).abs());
            if ring < 0.5 || (1.5..2.5).contains(&ring) {
                40
            } else {
                190
            }
        };
        let plane = Plane::new(80, 80, (0..80 * 80).map(pixel).collect::<Vec<u8>>());
        let picture = [[-40.0, -40.0], [140.0, -40.0], [140.0, 140.0], [-40.0, 140.0]];
        let warp = Warp::over(45, 0.0, 45.0, picture).unwrap();
        let ([x, y], likeness) = Pattern::alignment().seek(&plane, &warp, [20.0, 20.0], 2.0);
        // Edges this sharp tell no better than by half a module; then the nearest place is taken.
        assert!((x - 46.0).hypot(y - 38.0) < 2.5, "{x} {y}");
        assert!(likeness > 0.9, "{likeness}");
        let ([x, y], _) = Pattern::alignment().seek(&plane, &warp, [20.0, 20.0], 0.5);
        assert!(
            (x - 40.0).hypot(y - 40.0) < 4.0,
            "it is looked for nearby only: {x} {y}"
        );
    }

    #[test]
    fn nothing_is_like_a_pattern_where_nothing_is() {
        let plane = Plane::new(60, 60, vec![90; 3600]);
        for pattern in [Pattern::finder(), Pattern::sparse_finder(), Pattern::alignment()] {
            let likeness = pattern.likeness(&plane, [30.0, 30.0], [4.0, 0.0], [0.0, 4.0]);
            assert!(likeness.abs() < 0.01, "{likeness}");
        }
    }
}
