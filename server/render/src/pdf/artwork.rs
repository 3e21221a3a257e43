//! What all cards share on one side: shapes, gradients and logos, as vectors.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use super::content::number;
use super::file::File;
use super::{PdfError, content};
use crate::data::Picture;

/// A step of a path; points, from the face's upper left corner, y down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    /// Begins a figure.
    Move(f64, f64),
    /// A straight line.
    Line(f64, f64),
    /// A cubic curve: two controls and the end.
    Curve([f64; 6]),
    /// Back to the beginning of the figure.
    Close,
}

/// What a shape is painted with.
#[derive(Debug, Clone, PartialEq)]
pub enum Ink {
    /// One color: red, green, blue, opacity.
    Flat([u8; 4]),
    /// From one point to another through colors at shares from 0 to 1, in rising order.
    Linear {
        /// Where the first color is.
        from: (f64, f64),
        /// Where the last color is.
        to: (f64, f64),
        /// Share of the way, and color there.
        stops: Vec<(f64, [u8; 4])>,
    },
    /// From a center outwards.
    Radial {
        /// Where the first color is.
        center: (f64, f64),
        /// How far from it the last color is.
        radius: f64,
        /// Share of the way, and color there.
        stops: Vec<(f64, [u8; 4])>,
    },
}

/// Artwork of one side, in the making.
pub struct Artwork {
    width: f64,
    height: f64,
    ops: Vec<u8>,
    opacities: BTreeMap<u8, ()>,
    shadings: Vec<String>,
    /// Shadings of opacity, for gradients that are see-through.
    veils: Vec<String>,
    pictures: Vec<Arc<Picture>>,
}

impl Artwork {
    /// A blank side of a size in points.
    pub fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            ops: Vec::new(),
            opacities: BTreeMap::new(),
            shadings: Vec::new(),
            veils: Vec::new(),
            pictures: Vec::new(),
        }
    }

    /// Width and height, points.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// A filled rectangle.
    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, ink: &Ink) {
        use Segment::{Close, Line, Move};
        let (right, bottom) = (x + width, y + height);
        self.fill(
            &[
                Move(x, y),
                Line(right, y),
                Line(right, bottom),
                Line(x, bottom),
                Close,
            ],
            ink,
        );
    }

    /// A filled path (nonzero winding).
    pub fn fill(&mut self, path: &[Segment], ink: &Ink) {
        self.word("q");
        match ink {
            Ink::Flat(color) => self.fill_flat(path, *color),
            Ink::Linear { stops, .. } | Ink::Radial { stops, .. } if stops.len() < 2 => {
                // A gradient needs two colors; with one it is that color.
                self.fill_flat(path, stops.first().map_or([0, 0, 0, 255], |(_, color)| *color));
            }
            Ink::Linear { from, to, stops } => {
                let (kind, from, to) = (2, self.point(*from), self.point(*to));
                self.fill_shaded(path, kind, &format!("{from} {to}"), stops);
            }
            Ink::Radial {
                center,
                radius,
                stops,
            } => {
                let center = self.point(*center);
                self.fill_shaded(path, 3, &format!("{center} 0 {center} {radius:.3}"), stops);
            }
        }
        self.word("Q");
    }

    fn fill_flat(&mut self, path: &[Segment], color: [u8; 4]) {
        self.color(color, "rg");
        self.path(path);
        self.word("f");
    }

    /// Clips to the path and paints a shading of a type (ISO 32000-1, 8.7.4.5) over it, veiled by its opacities.
    fn fill_shaded(&mut self, path: &[Segment], kind: u8, coordinates: &str, stops: &[(f64, [u8; 4])]) {
        self.path(path);
        self.word("W n");
        let colors = |[red, green, blue, _]: [u8; 4]| vec![red, green, blue];
        if stops.iter().any(|(_, color)| color[3] < 255) {
            let veil = shading(kind, "Gray", coordinates, stops, |color| vec![color[3]]);
            self.word(&format!("/v{} gs", self.veils.len()));
            self.veils.push(veil);
        }
        self.word(&format!("/s{} sh", self.shadings.len()));
        self.shadings
            .push(shading(kind, "RGB", coordinates, stops, colors));
    }

    /// A point as coordinates of the page.
    fn point(&self, (x, y): (f64, f64)) -> String {
        format!("{x:.3} {:.3}", self.height - y)
    }

    /// A stroked path. `dashes` are lengths of dashes and gaps; none for a solid line.
    pub fn stroke(&mut self, path: &[Segment], width: f64, color: [u8; 4], dashes: &[f64]) {
        self.word("q");
        self.color(color, "RG");
        number(&mut self.ops, width);
        self.word("w");
        if !dashes.is_empty() {
            self.word("[");
            dashes.iter().for_each(|&dash| number(&mut self.ops, dash));
            self.word("]0 d");
        }
        self.path(path);
        self.word("S Q");
    }

    /// A picture in a box (left, top, width, height), of which the inside of a path is seen; its proportions are the
    /// caller's.
    pub fn picture(&mut self, picture: &Arc<Picture>, [x, y, width, height]: [f64; 4], clip: &[Segment]) {
        self.word("q");
        self.path(clip);
        self.word("W n");
        for value in [width, 0.0, 0.0, height, x, self.height - y - height] {
            number(&mut self.ops, value);
        }
        self.word(&format!("cm /p{} Do Q", self.pictures.len()));
        self.pictures.push(Arc::clone(picture));
    }

    fn word(&mut self, word: &str) {
        self.ops.extend_from_slice(word.as_bytes());
        self.ops.push(b' ');
    }

    fn color(&mut self, [red, green, blue, opacity]: [u8; 4], operator: &str) {
        if opacity < 255 {
            self.opacities.insert(opacity, ());
            self.word(&format!("/o{opacity} gs"));
        }
        [red, green, blue]
            .iter()
            .for_each(|&channel| content::share(&mut self.ops, channel));
        self.word(operator);
    }

    fn path(&mut self, path: &[Segment]) {
        let height = self.height;
        for segment in path {
            let (points, operator): (&[f64], _) = match segment {
                Segment::Move(x, y) => (&[*x, *y], "m"),
                Segment::Line(x, y) => (&[*x, *y], "l"),
                Segment::Curve(points) => (points, "c"),
                Segment::Close => (&[], "h"),
            };
            for (at, &value) in points.iter().enumerate() {
                number(&mut self.ops, if at % 2 == 0 { value } else { height - value });
            }
            self.word(operator);
        }
    }

    /// Writes the artwork as a form XObject.
    pub fn write<W: Write>(&self, file: &mut File<W>) -> Result<u32, PdfError> {
        let mut resources = String::from("/ExtGState<<");
        for opacity in self.opacities.keys() {
            let share = f64::from(*opacity) / 255.0;
            resources += &format!("/o{opacity}<</ca {share:.3}/CA {share:.3}>>");
        }
        let bounds = format!("/BBox[0 0 {:.3} {:.3}]", self.width, self.height);
        for (name, shading) in self.veils.iter().enumerate() {
            let veil = file.promise()?;
            let entries = format!(
                "/Type/XObject/Subtype/Form{bounds}/Group<</S/Transparency/CS/DeviceGray>>/Resources<</Shading<</s {shading}>>>>"
            );
            file.stream(veil, &entries, b"/s sh")?;
            resources += &format!("/v{name}<</SMask<</S/Luminosity/G {veil} 0 R>>>>");
        }
        resources += ">>/Shading<<";
        for (name, shading) in self.shadings.iter().enumerate() {
            resources += &format!("/s{name} {shading}");
        }
        resources += ">>/XObject<<";
        for (name, shown) in self.pictures.iter().enumerate() {
            resources += &format!("/p{name} {} 0 R", picture(file, shown)?);
        }
        resources += ">>";
        let form = file.promise()?;
        let entries = format!("/Type/XObject/Subtype/Form{bounds}/Resources<<{resources}>>");
        file.stream(form, &entries, &self.ops)?;
        Ok(form)
    }
}

/// A shading of a type through stops, each of as many components as its color space has (ISO 32000-1, 7.10.4).
fn shading(
    kind: u8,
    space: &str,
    coordinates: &str,
    stops: &[(f64, [u8; 4])],
    components: impl Fn([u8; 4]) -> Vec<u8>,
) -> String {
    let color = |color: [u8; 4]| {
        let mut text = Vec::new();
        components(color)
            .iter()
            .for_each(|&channel| content::share(&mut text, channel));
        String::from_utf8_lossy(&text).into_owned()
    };
    let piece = |pair: &[(f64, [u8; 4])]| {
        format!(
            "<</FunctionType 2/Domain[0 1]/C0[{}]/C1[{}]/N 1>>",
            color(pair[0].1),
            color(pair[1].1)
        )
    };
    let pieces: String = stops.windows(2).map(piece).collect();
    let inner = stops.iter().take(stops.len().saturating_sub(1)).skip(1);
    let bounds: String = inner.map(|(share, _)| format!("{share} ")).collect();
    let encode = "0 1 ".repeat(stops.len().saturating_sub(1));
    format!(
        "<</ShadingType {kind}/ColorSpace/Device{space}/Coords[{coordinates}]/Extend[true true]/Function<</FunctionType 3/Domain[0 1]/Functions[{pieces}]/Bounds[{bounds}]/Encode[{encode}]>>>>"
    )
}

/// Writes a picture: its colors, and its opacity as a soft mask.
fn picture<W: Write>(file: &mut File<W>, picture: &Picture) -> Result<u32, PdfError> {
    let straight = picture.rgba();
    let size = format!(
        "/Type/XObject/Subtype/Image/Width {}/Height {}/BitsPerComponent 8",
        picture.width(),
        picture.height()
    );
    let (mask, image) = (file.promise()?, file.promise()?);
    let opacity: Vec<u8> = straight.iter().skip(3).step_by(4).copied().collect();
    file.stream(mask, &format!("{size}/ColorSpace/DeviceGray"), &opacity)?;
    let colors: Vec<u8> = straight
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    file.stream(
        image,
        &format!("{size}/ColorSpace/DeviceRGB/SMask {mask} 0 R"),
        &colors,
    )?;
    Ok(image)
}
