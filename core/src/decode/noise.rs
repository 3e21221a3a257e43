//! How noisy a picture is.

use super::plane::Plane;

/// Rows between those that are looked at.
const STEP: usize = 16;

/// The standard deviation of a picture's noise in gray levels, roughly.
///
/// The second difference of three pixels in a row is nearly nothing but noise where there is no edge, which is in more
/// than half of all places: its median tells (Immerkær 1996 takes the mean, which edges spoil).
pub fn noise(plane: &Plane<'_>) -> f32 {
    let mut counts = [0_u32; 512];
    let mut all = 0;
    for row in (0..plane.height).step_by(STEP) {
        let pixels = &plane.pixels[row * plane.width..(row + 1) * plane.width];
        for three in pixels.chunks_exact(3) {
            let bend = i32::from(three[0]) - 2 * i32::from(three[1]) + i32::from(three[2]);
            counts[bend.unsigned_abs().min(511) as usize] += 1;
            all += 1;
        }
    }
    let mut below = 0;
    for (size, count) in counts.into_iter().enumerate() {
        if below + count > all / 2 {
            // Within the step the counts are spread evenly.
            let part = (all as f32 / 2.0 - below as f32) / count.max(1) as f32;
            return (size as f32 - 0.5 + part).max(0.0) / (0.6745 * 6.0_f32.sqrt());
        }
        below += count;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_told_apart_from_edges() {
        let mut state = 1_u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as i32
        };
        // Stripes of 20 pixels; noise as the sum of four even draws, whose deviation is twice that of one.
        for (size, least, most) in [(0, 0.0, 0.6), (20, 8.0, 16.0), (60, 28.0, 44.0)] {
            let pixels = (0..600 * 64).map(|at| {
                let stripe = if at % 600 / 20 % 2 == 0 { 70 } else { 180 };
                let grain = (0..4).map(|_| draw() % (size + 1) - size / 2).sum::<i32>();
                (stripe + grain).clamp(0, 255) as u8
            });
            let plane = Plane::new(600, 64, pixels.collect::<Vec<u8>>());
            let found = noise(&plane);
            assert!((least..most).contains(&found), "{size}: {found}");
        }
    }
}
