//! Colors: eight bits a channel, sRGB, straight (not premultiplied) alpha.

/// A color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity: 255 covers, 0 is not there.
    pub a: u8,
}

impl Color {
    /// White, the ground of every code.
    pub const WHITE: Self = Self::opaque(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::opaque(0, 0, 0);

    /// A color that covers.
    pub const fn opaque(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// Reads `#rgb`, `#rrggbb` or `#rrggbbaa`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let nibbles: Option<Vec<u8>> = digits
            .chars()
            .map(|c| c.to_digit(16).map(|value| value as u8))
            .collect();
        let n = nibbles?;
        let pair = |at: usize| n[2 * at] * 16 + n[2 * at + 1];
        match n.len() {
            3 => Some(Self::opaque(n[0] * 17, n[1] * 17, n[2] * 17)),
            6 => Some(Self::opaque(pair(0), pair(1), pair(2))),
            8 => Some(Self {
                a: pair(3),
                ..Self::opaque(pair(0), pair(1), pair(2))
            }),
            _ => None,
        }
    }

    /// The same color at a share of its opacity, 0 to 1.
    pub fn faded(self, share: f32) -> Self {
        Self {
            a: (f32::from(self.a) * share.clamp(0.0, 1.0)).round() as u8,
            ..self
        }
    }

    /// This color painted over an opaque one.
    pub fn over(self, below: Self) -> Self {
        let mix = |top: u8, bottom: u8| {
            let (top, bottom, alpha) = (u32::from(top), u32::from(bottom), u32::from(self.a));
            ((top * alpha + bottom * (255 - alpha) + 127) / 255) as u8
        };
        Self::opaque(mix(self.r, below.r), mix(self.g, below.g), mix(self.b, below.b))
    }

    /// Contrast with another color, 1 to 21 (WCAG 2.2, "contrast ratio"); alpha does not count.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f32 {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)?;
        if self.a < 255 {
            write!(f, "{:02x}", self.a)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_three_lengths_and_nothing_else_is() {
        assert_eq!(Color::parse("#fff"), Some(Color::WHITE));
        assert_eq!(Color::parse("#0A1a33"), Some(Color::opaque(10, 26, 51)));
        assert_eq!(Color::parse("#00000080").map(|c| c.a), Some(128));
        for bad in ["", "#", "fff", "#ff", "#gggggg", "#ffff", "#é1", "rgb(0,0,0)"] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_is_the_one_of_wcag() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-3);
        // The well-known limit gray: #767676 on white is 4.54.
        assert!((Color::opaque(0x76, 0x76, 0x76).contrast(Color::WHITE) - 4.54).abs() < 0.01);
        assert!((Color::WHITE.contrast(Color::WHITE) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn half_of_white_over_black_is_gray() {
        let gray = Color::WHITE.faded(0.5).over(Color::BLACK);
        assert_eq!(gray, Color::opaque(128, 128, 128));
    }
}
