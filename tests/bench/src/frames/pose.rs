//! Where the card is: flat before the camera, or bent around a cylinder.
//!
//! Lengths are in modules of the code, whose center is the origin; x goes right and y down as in pictures, and z away
//! from the camera. Pictures are made backwards: a ray from the camera through a pixel's corner meets the card somewhere.

use super::{HEIGHT, WIDTH};

/// Pixels between the camera's eye and its picture: 65° from left to right, as phones see.
const FOCAL: f64 = 1000.0;

/// A card before the camera.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// Pixels a module at the code's center.
    pub module: f64,
    /// The code's center in the picture, pixels from the middle.
    pub center: [f64; 2],
    /// Turn in the picture, radians.
    pub turn: f64,
    /// Tilt about an axis of the card, radians.
    pub tilt: f64,
    /// Direction of that axis, radians.
    pub tilt_axis: f64,
    /// For a bent card: one over the radius, and the direction in which it bends, radians.
    pub bend: Option<[f64; 2]>,
}

/// The ray of each pixel in the card's coordinates: all start at `eye` and are linear in the pixel's place.
pub struct Rays {
    eye: [f64; 3],
    // Rows of the card's axes, with the pixel's place in mind: direction = right·u + down·v + ahead.
    axes: [[f64; 3]; 3],
    bend: Option<[f64; 2]>,
}

impl Pose {
    /// The rays by which this pose is seen.
    pub fn rays(&self) -> Rays {
        let axes = self.axes();
        let depth = FOCAL / self.module;
        let to_center = [
            self.center[0] / FOCAL * depth,
            self.center[1] / FOCAL * depth,
            depth,
        ];
        let eye = axes.map(|axis| -dot(axis, to_center));
        Rays {
            eye,
            axes,
            bend: self.bend,
        }
    }

    /// The card's own x, y and z axes in camera coordinates.
    fn axes(&self) -> [[f64; 3]; 3] {
        let (sin, cos) = self.tilt.sin_cos();
        let (ay, ax) = self.tilt_axis.sin_cos();
        // Rodrigues' rotation about the axis (ax, ay, 0).
        let tilted = [
            [cos + ax * ax * (1.0 - cos), ax * ay * (1.0 - cos), -ay * sin],
            [ax * ay * (1.0 - cos), cos + ay * ay * (1.0 - cos), ax * sin],
            [ay * sin, -ax * sin, cos],
        ];
        let (sin, cos) = self.turn.sin_cos();
        tilted.map(|[x, y, z]| [x * cos - y * sin, x * sin + y * cos, z])
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

impl Rays {
    /// Where the ray through a place of the picture meets the card, if it does, and the cosine under which a lamp at the
    /// camera lights it there.
    pub fn meet(&self, x: f64, y: f64) -> Option<[f64; 3]> {
        let ray = [
            (x - WIDTH as f64 / 2.0) / FOCAL,
            (y - HEIGHT as f64 / 2.0) / FOCAL,
            1.0,
        ];
        let direction = self.axes.map(|axis| dot(axis, ray));
        match self.bend {
            None => {
                let length = -self.eye[2] / direction[2];
                (length > 0.0).then(|| {
                    [
                        self.eye[0] + length * direction[0],
                        self.eye[1] + length * direction[1],
                        1.0,
                    ]
                })
            }
            Some([bend, along]) => self.meet_cylinder(direction, 1.0 / bend, along),
        }
    }

    /// A cylinder whose nearest line goes through the origin.
    fn meet_cylinder(&self, direction: [f64; 3], radius: f64, along: f64) -> Option<[f64; 3]> {
        let (sin, cos) = along.sin_cos();
        let turned = |[x, y, z]: [f64; 3]| [x * cos + y * sin, y * cos - x * sin, z];
        let ([ex, ey, ez], [dx, dy, dz]) = (turned(self.eye), turned(direction));
        let deep = ez - radius;
        let (a, half_b, c) = (
            dx * dx + dz * dz,
            ex * dx + deep * dz,
            ex * ex + deep * deep - radius * radius,
        );
        let root = half_b * half_b - a * c;
        if root < 0.0 {
            return None;
        }
        let length = (-half_b - root.sqrt()) / a;
        let (x, z) = (ex + length * dx, ez + length * dz);
        let angle = x.atan2(radius - z);
        let (around, across) = (radius * angle, ey + length * dy);
        (length > 0.0).then(|| {
            [
                around * cos - across * sin,
                around * sin + across * cos,
                angle.cos().max(0.0),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pose() -> Pose {
        Pose {
            module: 5.0,
            center: [40.0, -30.0],
            turn: 0.0,
            tilt: 0.0,
            tilt_axis: 0.0,
            bend: None,
        }
    }

    fn close([x, y, _]: [f64; 3], expected: [f64; 2]) {
        assert!((x - expected[0]).hypot(y - expected[1]) < 1e-9, "{x} {y}");
    }

    #[test]
    fn a_card_held_straight_has_so_many_pixels_a_module() {
        let rays = pose().rays();
        close(rays.meet(680.0, 330.0).unwrap(), [0.0, 0.0]);
        close(rays.meet(690.0, 335.0).unwrap(), [2.0, 1.0]);
        let turned = Pose {
            turn: std::f64::consts::FRAC_PI_2,
            ..pose()
        };
        // Turned clockwise by a quarter, the card's x goes down the picture.
        close(turned.rays().meet(680.0, 340.0).unwrap(), [2.0, 0.0]);
    }

    #[test]
    fn a_tilt_shortens_one_side_and_a_bend_does_so_away_from_its_middle() {
        let tilted = Pose {
            tilt: 1.0,
            center: [0.0, 0.0],
            ..pose()
        };
        let [_, down, _] = tilted.rays().meet(640.0, 370.0).unwrap();
        let [_, up, _] = tilted.rays().meet(640.0, 350.0).unwrap();
        assert!(down.abs() > 3.0 && up.abs() > 3.0 && (down + up).abs() > 1e-3);
        let bent = Pose {
            bend: Some([1.0 / 30.0, 0.0]),
            center: [0.0, 0.0],
            ..pose()
        };
        close(bent.rays().meet(640.0, 360.0).unwrap(), [0.0, 0.0]);
        assert!(bent.rays().meet(740.0, 360.0).unwrap()[0] > 20.5);
        assert!(bent.rays().meet(900.0, 360.0).is_none());
    }
}
