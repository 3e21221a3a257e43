//! Curves that are easier said than drawn: waves, and the rosettes of banknotes. Both come out as ordinary paths, so that
//! every painter knows them.

use std::f64::consts::TAU;

use kurbo::{BezPath, Point, Vec2};

use super::parse::{Parsed, needed};
use super::raw::RawElement;

/// Pieces of a wave or a petal: a cubic curve through an eighth of a period is off by less than a micrometer.
const PIECES: u32 = 8;
/// The most pieces of an element: a file must not make a page of megabytes.
const MOST: u32 = 20_000;

/// A sine line over `w` from `x y`; each strand begins a share of the period later.
pub(super) fn wave(raw: &RawElement) -> Parsed<BezPath> {
    let get = |value: Option<f32>, key: &str| needed(value, key).map(f64::from);
    let (x, y, w) = (get(raw.x, "x")?, get(raw.y, "y")?, get(raw.w, "w")?);
    let (amplitude, wavelength) = (
        get(raw.amplitude, "amplitude")?,
        get(raw.wavelength, "wavelength")?,
    );
    if !(w > 0.0 && wavelength >= 2.0 && amplitude.abs() <= 2000.0) {
        return Err("a wave has w above 0, wavelength from 2 and amplitude up to 2000".to_owned());
    }
    let pieces = bounded((w / wavelength * f64::from(PIECES)).ceil(), raw)?;
    let rate = TAU / wavelength;
    Ok(strands(raw, pieces, |shift, share| {
        let along = w * share;
        let angle = rate * along + shift;
        let point = Point::new(x + along, y + amplitude * angle.sin());
        (point, Vec2::new(w, amplitude * rate * w * angle.cos()))
    }))
}

/// A closed curve around `cx cy` whose radius swings around `r` by `amplitude`, once a petal.
pub(super) fn rosette(raw: &RawElement) -> Parsed<BezPath> {
    let get = |value: Option<f32>, key: &str| needed(value, key).map(f64::from);
    let (cx, cy, r) = (get(raw.cx, "cx")?, get(raw.cy, "cy")?, get(raw.r, "r")?);
    let (amplitude, petals) = (get(raw.amplitude, "amplitude")?, needed(raw.petals, "petals")?);
    if !(r > 0.0 && amplitude.abs() <= r && (1..=200).contains(&petals)) {
        return Err("a rosette has r above 0, amplitude up to r and 1 to 200 petals".to_owned());
    }
    let pieces = bounded(f64::from(petals * PIECES), raw)?;
    let petals = f64::from(petals);
    Ok(strands(raw, pieces, |shift, share| {
        let angle = TAU * share;
        let swing = petals * angle + shift;
        let radius = r + amplitude * swing.sin();
        let slope = amplitude * petals * swing.cos();
        let (sin, cos) = angle.sin_cos();
        let speed = Vec2::new(slope * cos - radius * sin, slope * sin + radius * cos) * TAU;
        (Point::new(cx + radius * cos, cy + radius * sin), speed)
    }))
}

fn bounded(pieces: f64, raw: &RawElement) -> Parsed<u32> {
    let strands = raw.strands.unwrap_or(1);
    if strands == 0 || pieces * f64::from(strands) > f64::from(MOST) {
        return Err(format!(
            "this curve takes more than {MOST} pieces, or has no strand; give it fewer strands or longer waves"
        ));
    }
    Ok(pieces as u32)
}

/// One curve a strand, from a function of the strand's shift (radians) and the share of the way that gives the point
/// and how fast it moves: cubic pieces with those ends and speeds (Hermite).
fn strands(raw: &RawElement, pieces: u32, at: impl Fn(f64, f64) -> (Point, Vec2)) -> BezPath {
    let count = raw.strands.unwrap_or(1);
    let mut path = BezPath::new();
    for strand in 0..count {
        let shift = TAU * f64::from(strand) / f64::from(count);
        let (mut point, mut speed) = at(shift, 0.0);
        path.move_to(point);
        for piece in 1..=pieces {
            let (next, its) = at(shift, f64::from(piece) / f64::from(pieces));
            let third = 1.0 / (3.0 * f64::from(pieces));
            path.curve_to(point + speed * third, next - its * third, next);
            (point, speed) = (next, its);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use kurbo::Shape as _;

    fn of(kind: &str, strands: u32) -> RawElement {
        RawElement {
            kind: kind.into(),
            x: Some(10.0),
            y: Some(100.0),
            w: Some(400.0),
            cx: Some(50.0),
            cy: Some(60.0),
            r: Some(40.0),
            amplitude: Some(15.0),
            wavelength: Some(100.0),
            petals: Some(9),
            strands: Some(strands),
            ..RawElement::default()
        }
    }

    #[test]
    fn a_wave_swings_by_its_amplitude_and_a_rosette_stays_between_its_radii() {
        let bounds = wave(&of("wave", 1)).unwrap().bounding_box();
        assert!((bounds.x0 - 10.0).abs() < 1e-6 && (bounds.x1 - 410.0).abs() < 1e-6);
        assert!((bounds.y0 - 85.0).abs() < 0.1 && (bounds.y1 - 115.0).abs() < 0.1);
        let center = Point::new(50.0, 60.0);
        for segment in rosette(&of("rosette", 5)).unwrap().segments() {
            use kurbo::ParamCurve as _;
            let distance = segment.eval(0.5).distance(center);
            assert!((24.9..=55.1).contains(&distance), "{distance}");
        }
    }

    #[test]
    fn a_curve_without_end_is_refused() {
        let mut endless = of("wave", 40);
        endless.wavelength = Some(2.0);
        endless.w = Some(6000.0);
        assert!(wave(&endless).unwrap_err().contains("fewer strands"));
        assert!(rosette(&of("rosette", 0)).is_err());
    }
}
