//! The face of a card: the code in its white quiet zone on a colored card with a heading and lines of writing; then
//! what years in a pocket, a finger or a sticker do to it.

use teranga_render::qr::{Code, QUIET_ZONE};

use super::grid::Grid;
use super::plane::Plane;
use crate::register::Rng;

/// Texels a module in the code's panel.
const FINE: f32 = 8.0;
/// Texels a module on the rest of the card.
const COARSE: f32 = 2.0;
/// Width and height of an ID-1 card with modules of half a millimeter.
const CARD: [f32; 2] = [171.0, 108.0];

/// How a card reflects light, by place in modules from the code's center.
#[derive(Debug, Clone)]
pub struct Face {
    panel: Plane,
    card: Plane,
    // Upper left corner of the card.
    corner: [f32; 2],
    side: f32,
}

/// What a card is printed with: reflectance of paper and ink, and modules by which dots grow in print.
#[derive(Debug, Clone, Copy)]
pub struct Print {
    /// Of the white.
    pub paper: f32,
    /// Of the dark modules.
    pub ink: f32,
    /// Dot gain, 0 to 0.25 modules on each side.
    pub gain: f32,
}

impl Print {
    /// An ordinary printer.
    pub fn ordinary(rng: &mut Rng) -> Self {
        Self {
            paper: rng.between(0.68, 0.9) as f32,
            ink: rng.between(0.03, 0.1) as f32,
            gain: rng.between(-0.04, 0.1) as f32,
        }
    }
}

impl Face {
    /// Prints a card.
    pub fn print(code: &Code, print: &Print, rng: &mut Rng) -> Self {
        let side = code.side() as f32;
        let right = CARD[0] - side / 2.0 - 8.0;
        let left = side / 2.0 + 8.0;
        let corner = [
            -if rng.chance(50) { left } else { right },
            -rng.between(f64::from(side / 2.0 + 6.0), f64::from(CARD[1] - side / 2.0 - 6.0)) as f32,
        ];
        Self {
            panel: panel(code, print),
            card: surround(print, rng),
            corner,
            side,
        }
    }

    /// Half the diagonal of the code, modules.
    pub fn reach(&self) -> f64 {
        f64::from(self.side) * std::f64::consts::FRAC_1_SQRT_2
    }

    /// Texels a module where a place is, if the card is there at all.
    pub fn texels(&self, x: f32, y: f32) -> Option<f32> {
        let (u, v) = (x - self.corner[0], y - self.corner[1]);
        if self.on_panel(x, y) {
            Some(FINE)
        } else {
            (u >= 0.0 && v >= 0.0 && u < CARD[0] && v < CARD[1]).then_some(COARSE)
        }
    }

    /// The reflectance at a place, if the card is there.
    pub fn at(&self, x: f32, y: f32) -> Option<f32> {
        let half = self.half();
        match self.texels(x, y)? {
            FINE => Some(self.panel.at((x + half) * FINE, (y + half) * FINE)),
            _ => Some(
                self.card
                    .at((x - self.corner[0]) * COARSE, (y - self.corner[1]) * COARSE),
            ),
        }
    }

    fn on_panel(&self, x: f32, y: f32) -> bool {
        x.abs() < self.half() && y.abs() < self.half()
    }

    fn half(&self) -> f32 {
        self.side / 2.0 + QUIET_ZONE as f32
    }
}

fn panel(code: &Code, print: &Print) -> Plane {
    let side = code.side() + 2 * QUIET_ZONE;
    let mut panel = Plane::new(side * FINE as usize, side * FINE as usize, print.paper);
    let grow = print.gain * FINE;
    for row in 0..code.side() {
        let mut column = 0;
        while column < code.side() {
            let run = (column..code.side())
                .take_while(|&column| code.is_dark(column, row))
                .count();
            if run > 0 {
                let start = |module: usize| (module + QUIET_ZONE) as f32 * FINE;
                let area = [
                    start(column) - grow,
                    start(row) - grow,
                    start(column + run) + grow,
                    start(row + 1) + grow,
                ];
                ink_in(&mut panel, area, print);
            }
            column += run.max(1);
        }
    }
    panel
}

/// Inks a rectangle; texels at its border that lie inside in part are inked in part.
fn ink_in(panel: &mut Plane, area: [f32; 4], print: &Print) {
    let inside =
        |low: f32, high: f32, center: f32| (high.min(center + 0.5) - low.max(center - 0.5)).clamp(0.0, 1.0);
    panel.paint(area, |x, y, value| {
        let part = inside(area[0], area[2], x) * inside(area[1], area[3], y);
        value.min(print.paper + (print.ink - print.paper) * part)
    });
}

/// A colored card, darker at its head, with writing.
fn surround(print: &Print, rng: &mut Rng) -> Plane {
    let size = CARD.map(|side| (side * COARSE) as usize);
    let color = rng.between(0.15, 0.8) as f32;
    let mut card = Plane::new(size[0], size[1], color);
    let (head, foot) = (rng.between(20.0, 50.0) as f32, rng.between(0.05, 0.5) as f32);
    card.paint([0.0, 0.0, size[0] as f32, head], |_, _, _| foot);
    let mut top = head + 12.0;
    while top + 8.0 < size[1] as f32 {
        write_line(&mut card, top, print.ink, rng);
        top += 14.0 + 6.0 * rng.below(3) as f32;
    }
    card
}

/// A line of strokes that look like letters from afar.
fn write_line(card: &mut Plane, top: f32, ink: f32, rng: &mut Rng) {
    let (mut left, end) = (12.0, rng.between(80.0, card.width as f64 - 10.0) as f32);
    while left < end {
        for _ in 0..2 {
            let (dx, dy) = (rng.below(4) as f32, rng.below(6) as f32);
            let (wide, high) = if rng.chance(50) { (1.5, 7.0) } else { (4.0, 1.5) };
            card.paint(
                [
                    left + dx,
                    top + dy,
                    left + dx + wide,
                    (top + dy + high).min(top + 8.0),
                ],
                |_, _, _| ink,
            );
        }
        left += if rng.chance(15) { 12.0 } else { 7.0 };
    }
}

impl Face {
    /// Wears the code: faded ink, scratches, stains and creases, from 0 for none to 1.
    pub fn wear(&mut self, amount: f64, rng: &mut Rng) {
        self.fade(amount, rng);
        let size = self.panel.width as f64;
        for _ in 0..(amount * 70.0) as usize {
            let dirt = rng.chance(35);
            let (length, width) = (
                rng.between(0.05, 0.6) * size,
                rng.between(0.3, 1.0 + 5.0 * amount),
            );
            self.scratch(length, width as f32, if dirt { 0.15 } else { 0.85 }, rng);
        }
        for _ in 0..(amount * 14.0) as usize {
            let radius = rng.between(0.01, 0.02 + 0.07 * amount) * size;
            self.stain(radius as f32, rng.between(0.2, 0.8) as f32, rng);
        }
        for _ in 0..(amount * 2.5) as usize {
            self.scratch(size * 1.6, rng.between(2.0, 7.0) as f32, 0.75, rng);
        }
    }

    /// Ink comes off in patches.
    fn fade(&mut self, amount: f64, rng: &mut Rng) {
        let (width, height) = (self.panel.width, self.panel.height);
        let coarse = Grid::random(64, width, height, rng);
        let fine = Grid::random(9, width, height, rng);
        let paper = self.panel.values[0];
        let (much, depth) = (amount as f32 * 1.3, amount as f32);
        for (row, line) in self.panel.values.chunks_mut(width).enumerate() {
            let mut gone = vec![0.0; width];
            coarse.row(row, width, |at, value| gone[at] = value * 0.6);
            fine.row(row, width, |at, value| gone[at] += value * 0.6);
            for (value, gone) in line.iter_mut().zip(gone) {
                let part = ((gone + much - 0.75) * 2.5).clamp(0.0, 1.0) * depth;
                *value += (paper - *value) * part;
            }
        }
    }

    /// A straight mark of a length and width in texels.
    fn scratch(&mut self, length: f64, width: f32, reflectance: f32, rng: &mut Rng) {
        let size = self.panel.width as f64;
        let (x, y) = (rng.between(0.0, size), rng.between(0.0, size));
        let angle = rng.between(0.0, std::f64::consts::TAU);
        let (dx, dy) = (angle.cos() as f32, angle.sin() as f32);
        let steps = length as usize;
        for step in 0..steps {
            let away = step as f32 - steps as f32 / 2.0;
            let (px, py) = (x as f32 + dx * away, y as f32 + dy * away);
            self.panel.paint(
                [px - width, py - width, px + width, py + width],
                |tx, ty, value| {
                    let part = (width / 2.0 + 0.5 - (tx - px).hypot(ty - py)).clamp(0.0, 1.0);
                    value + (reflectance - value) * part
                },
            );
        }
    }

    /// A round stain that lets through a part of the light.
    fn stain(&mut self, radius: f32, through: f32, rng: &mut Rng) {
        let size = self.panel.width as f64;
        let (x, y) = (rng.between(0.0, size) as f32, rng.between(0.0, size) as f32);
        self.panel.paint(
            [x - radius, y - radius, x + radius, y + radius],
            |tx, ty, value| {
                let part = ((radius - (tx - x).hypot(ty - y)) / 3.0).clamp(0.0, 1.0);
                value * (1.0 - part * (1.0 - through))
            },
        );
    }

    /// Covers a part of the code, 0 to 1 of its area: a thumb from the side, stickers, mud.
    pub fn cover(&mut self, share: f64, rng: &mut Rng) {
        let size = f64::from(self.side * FINE);
        let goal = share * size * size;
        let pieces = 1 + rng.below(3);
        let mut covered = vec![false; self.panel.values.len()];
        for _ in 0..40 {
            let done = covered.iter().filter(|&&is| is).count() as f64;
            if done >= goal * 0.97 {
                break;
            }
            let area = (goal / pieces as f64).min(goal - done);
            let cover = Cover::draw(area, size, rng);
            cover.lay(&mut self.panel, &mut covered);
        }
    }
}

/// Something that lies on the code; lengths in texels of the panel.
struct Cover {
    at: [f32; 2],
    along: [f32; 2],
    half: [f32; 2],
    round: bool,
    reflectance: f32,
}

impl Cover {
    fn draw(area: f64, size: f64, rng: &mut Rng) -> Self {
        let shape = rng.between(0.5, 2.0);
        let half = (
            (area.sqrt() * shape / 2.0) as f32,
            (area.sqrt() / shape / 2.0) as f32,
        );
        let angle = rng.between(0.0, std::f64::consts::TAU);
        let quiet = f64::from(FINE) * QUIET_ZONE as f64;
        let inside = |rng: &mut Rng| (quiet + rng.between(0.05, 0.95) * size) as f32;
        let round = rng.chance(60);
        // An ellipse of the same half axes has π/4 of the area.
        let grow = if round { 1.128 } else { 1.0 };
        Self {
            at: [inside(rng), inside(rng)],
            along: [angle.cos() as f32, angle.sin() as f32],
            half: [half.0 * grow, half.1 * grow],
            round,
            reflectance: *[0.04, 0.25, 0.35, 0.85]
                .get(rng.below(4) as usize)
                .unwrap_or(&0.3),
        }
    }

    fn lay(&self, panel: &mut Plane, covered: &mut [bool]) {
        let [x, y] = self.at;
        let reach = self.half[0].hypot(self.half[1]) + 1.0;
        let (width, quiet) = (panel.width, FINE as usize * QUIET_ZONE);
        panel.paint([x - reach, y - reach, x + reach, y + reach], |tx, ty, value| {
            let (dx, dy) = (tx - x, ty - y);
            let u = (dx * self.along[0] + dy * self.along[1]) / self.half[0];
            let v = (dy * self.along[0] - dx * self.along[1]) / self.half[1];
            let inside = if self.round {
                u * u + v * v < 1.0
            } else {
                u.abs() < 1.0 && v.abs() < 1.0
            };
            let place = quiet..width - quiet;
            if inside && place.contains(&(tx as usize)) && place.contains(&(ty as usize)) {
                covered[ty as usize * width + tx as usize] = true;
            }
            if inside { self.reflectance } else { value }
        });
    }
}
