//! A camera frame of any size, stride, turn, region and pixels: by itself, and as one of several of a camera.
#![no_main]
use teranga_core::card::text;
use teranga_core::decode::{Budget, Frame, FrameScanner, Judge, Reading, Region, Rotation, read};

/// Takes whatever looks like a card, so that repairs go as far as they can.
struct Credulous;

impl Judge for Credulous {
    fn accepts(&self, text: &str) -> bool {
        text::parse(text).is_ok()
    }
}

/// How the pixels lie: the first bytes of an input.
struct Shape {
    width: usize,
    height: usize,
    stride: usize,
    rotation: Rotation,
    region: Region,
}

/// A picture of so many cells in each direction, each some pixels wide; a cell is a byte, or one bit where the flags
/// say so, which is how the seeds write codes.
fn picture(head: &[u8; 9], cells: &[u8]) -> (Shape, Vec<u8>) {
    let [columns, rows, flags, gap, steps, region @ ..] = *head;
    let size = 1 + usize::from(flags >> 2 & 3);
    let (columns, rows) = (1 + usize::from(columns), 1 + usize::from(rows));
    let bit = |at: usize| cells.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    let cell = |at: usize| match flags >> 4 & 1 {
        1 if bit(at) => 30,
        1 => 220,
        _ => cells.get(at).copied().unwrap_or(128),
    };
    let (width, height) = (size * columns, size * rows);
    let stride = width + usize::from(gap);
    let pixel = |at: usize| cell(at / stride / size * columns + (at % stride / size).min(columns - 1));
    let rotation = [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];
    let [left, top, wide, high] = region.map(usize::from);
    let shape = Shape {
        width,
        // More rows than there are, now and then.
        height: height + usize::from(steps == 255),
        stride,
        rotation: rotation[usize::from(flags & 3)],
        region: Region {
            left,
            top,
            width: if wide == 0 { width } else { size * wide },
            height: if high == 0 { height } else { size * high },
        },
    };
    (shape, (0..stride * height).map(pixel).collect())
}

fn check(readings: &[Reading]) {
    for reading in readings {
        assert!(!reading.bytes.is_empty() && (1..=40).contains(&reading.version));
        assert!(reading.corners.iter().all(|corner| corner.x.is_finite() && corner.y.is_finite()));
    }
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((head, cells)) = data.split_first_chunk::<9>() else {
        return;
    };
    let (shape, luma) = picture(head, cells);
    let budget = Budget::steps(u32::from(head[4]) * 100);
    let Ok(whole) = Frame::new(&luma, shape.width, shape.height, shape.stride) else {
        return;
    };
    let whole = whole.rotated(shape.rotation);
    let part = whole.region(shape.region).unwrap_or(whole);
    check(&read(&whole, budget, None));
    let mut scanner = FrameScanner::new();
    for frame in [whole, part, whole] {
        check(&scanner.push(&frame, budget, Some(&Credulous)).readings);
    }
});
