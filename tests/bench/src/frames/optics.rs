//! What a lens and a moving hand do to a picture.

use super::plane::Plane;

/// A Gaussian blur of a standard deviation in pixels.
pub fn soften(plane: &Plane, sigma: f32) -> Plane {
    let radius = (3.0 * sigma).ceil() as usize;
    if sigma <= 0.0 || radius == 0 {
        return plane.clone();
    }
    let mut weights: Vec<f32> = (0..=radius)
        .map(|at| (-((at * at) as f32) / (2.0 * sigma * sigma)).exp())
        .collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    down(&across(plane, &weights), &weights)
}

fn across(plane: &Plane, weights: &[f32]) -> Plane {
    let radius = weights.len() - 1;
    let mut result = Plane::new(plane.width, plane.height, 0.0);
    let mut padded = vec![0.0; plane.width + 2 * radius];
    for (row, out) in plane
        .values
        .chunks(plane.width)
        .zip(result.values.chunks_mut(plane.width))
    {
        padded[..radius].fill(row[0]);
        padded[radius..radius + row.len()].copy_from_slice(row);
        padded[radius + row.len()..].fill(row[row.len() - 1]);
        add(out, &padded[radius..], weights[0]);
        for (at, weight) in weights.iter().enumerate().skip(1) {
            add(out, &padded[radius - at..], *weight);
            add(out, &padded[radius + at..], *weight);
        }
    }
    result
}

fn down(plane: &Plane, weights: &[f32]) -> Plane {
    let mut result = Plane::new(plane.width, plane.height, 0.0);
    let last = plane.height - 1;
    let row = |row: usize| &plane.values[row * plane.width..(row + 1) * plane.width];
    for (number, out) in result.values.chunks_mut(plane.width).enumerate() {
        add(out, row(number), weights[0]);
        for (at, weight) in weights.iter().enumerate().skip(1) {
            add(out, row(number.saturating_sub(at)), *weight);
            add(out, row((number + at).min(last)), *weight);
        }
    }
    result
}

fn add(out: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in out.iter_mut().zip(values) {
        *sum += value * weight;
    }
}

/// Defocus: each point becomes a disk of a radius in pixels.
pub fn defocus(plane: &Plane, radius: f32) -> Plane {
    if radius < 0.5 {
        return plane.clone();
    }
    let rows = radius as usize;
    // Half the chord of the disk in each row of it; the last pixel of a chord counts in part.
    let chords: Vec<f32> = (0..=rows)
        .map(|row| (radius * radius - (row * row) as f32).sqrt())
        .collect();
    let area = chords.iter().map(|half| 2.0 * half + 1.0).sum::<f32>() * 2.0 - (2.0 * chords[0] + 1.0);
    let mut result = Plane::new(plane.width, plane.height, 0.0);
    let margin = rows + 2;
    let mut sums = vec![0.0_f64; plane.width + 2 * margin + 1];
    for source in 0..plane.height {
        running_sums(
            &plane.values[source * plane.width..(source + 1) * plane.width],
            margin,
            &mut sums,
        );
        for (away, half) in chords.iter().enumerate() {
            for target in [source.checked_sub(away), (away > 0).then_some(source + away)]
                .into_iter()
                .flatten()
            {
                if target < plane.height {
                    let out = &mut result.values[target * plane.width..(target + 1) * plane.width];
                    add_chord(out, &sums, margin, *half, 1.0 / area);
                }
            }
        }
    }
    mirror_edges(&mut result, rows + 1);
    result
}

/// Prefix sums of a row whose ends go on for `margin` pixels.
fn running_sums(row: &[f32], margin: usize, sums: &mut [f64]) {
    let mut total = 0.0;
    for (at, sum) in sums.iter_mut().enumerate() {
        *sum = total;
        let place = at.saturating_sub(margin).min(row.len() - 1);
        total += f64::from(row[place]);
    }
}

fn add_chord(out: &mut [f32], sums: &[f64], margin: usize, half: f32, weight: f32) {
    let whole = half as usize;
    let part = f64::from(half - whole as f32);
    for (at, value) in out.iter_mut().enumerate() {
        let middle = at + margin;
        let inner = sums[middle + whole + 1] - sums[middle - whole];
        let outer = sums[middle + whole + 2] - sums[middle - whole - 1];
        *value += (inner + (outer - inner) * part) as f32 * weight;
    }
}

/// Rows near the upper and lower edge have lost light to outside of the picture: the nearest whole row stands for them.
fn mirror_edges(plane: &mut Plane, rows: usize) {
    let (width, height) = (plane.width, plane.height);
    let rows = rows.min(height / 2);
    for row in 0..rows {
        plane
            .values
            .copy_within(rows * width..(rows + 1) * width, row * width);
        let whole = height - 1 - rows;
        plane
            .values
            .copy_within(whole * width..(whole + 1) * width, (height - 1 - row) * width);
    }
}

/// Motion during the exposure, straight by so many pixels.
pub fn smear(plane: &Plane, dx: f32, dy: f32) -> Plane {
    let steps = dx.abs().max(dy.abs()).ceil() as usize + 1;
    if steps < 2 {
        return plane.clone();
    }
    let mut result = Plane::new(plane.width, plane.height, 0.0);
    for step in 0..steps {
        let along = step as f32 / (steps - 1) as f32 - 0.5;
        add_shifted(&mut result, plane, dx * along, dy * along, 1.0 / steps as f32);
    }
    result
}

fn add_shifted(result: &mut Plane, plane: &Plane, dx: f32, dy: f32, weight: f32) {
    let (left, top) = (dx.floor(), dy.floor());
    let (fx, fy) = (dx - left, dy - top);
    let width = plane.width;
    let mut line = vec![0.0; width];
    for (row, out) in result.values.chunks_mut(width).enumerate() {
        line.fill(0.0);
        for (down, part) in [(top as isize, 1.0 - fy), (top as isize + 1, fy)] {
            let source = (row as isize + down).clamp(0, plane.height as isize - 1) as usize;
            add(
                &mut line,
                &plane.values[source * width..(source + 1) * width],
                part * weight,
            );
        }
        for (right, part) in [(left as isize, 1.0 - fx), (left as isize + 1, fx)] {
            add_moved(out, &line, right, part);
        }
    }
}

/// `out[x] += line[x + right] · part`, the ends of the line going on.
fn add_moved(out: &mut [f32], line: &[f32], right: isize, part: f32) {
    let width = line.len();
    let shift = right.unsigned_abs().min(width);
    if right >= 0 {
        add(&mut out[..width - shift], &line[shift..], part);
        out[width - shift..]
            .iter_mut()
            .for_each(|sum| *sum += line[width - 1] * part);
    } else {
        add(&mut out[shift..], &line[..width - shift], part);
        out[..shift].iter_mut().for_each(|sum| *sum += line[0] * part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> Plane {
        let mut plane = Plane::new(41, 41, 0.0);
        plane.values[20 * 41 + 20] = 1.0;
        plane
    }

    #[test]
    fn every_blur_keeps_the_light() {
        for (name, blurred) in [
            ("gauss", soften(&dot(), 1.7)),
            ("disk", defocus(&dot(), 3.4)),
            ("motion", smear(&dot(), 6.5, -2.5)),
        ] {
            let sum: f32 = blurred.values.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "{name}: {sum}");
            let flat = Plane::new(41, 41, 0.5);
            let flat = match name {
                "gauss" => soften(&flat, 1.7),
                "disk" => defocus(&flat, 3.4),
                _ => smear(&flat, 6.5, -2.5),
            };
            assert!(
                flat.values.iter().all(|value| (value - 0.5).abs() < 1e-3),
                "{name}"
            );
        }
    }

    #[test]
    fn a_blur_has_the_width_that_was_asked_for() {
        let spread = |plane: &Plane| {
            let mean = plane.values.iter().enumerate().map(|(at, value)| {
                let away = (at % 41) as f32 - 20.0;
                away * away * value
            });
            mean.sum::<f32>().sqrt()
        };
        assert!((spread(&soften(&dot(), 2.0)) - 2.0).abs() < 0.05);
        // The variance of a disk along one axis is a quarter of its radius squared.
        assert!((spread(&defocus(&dot(), 6.0)) - 3.0).abs() < 0.3);
        // The variance of a stretch is a twelfth of its length squared.
        assert!((spread(&smear(&dot(), 12.0, 0.0)) - 12.0 / 12_f32.sqrt()).abs() < 0.4);
    }
}
