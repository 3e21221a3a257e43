//! The simple painter: tiny-skia, true color, one item after the other.

use kurbo::PathEl;
use tiny_skia::{
    FillRule, FilterQuality, GradientStop, LineCap, LinearGradient, Mask, Paint as SkiaPaint, Path,
    PathBuilder, Pixmap, PixmapPaint, Point, RadialGradient, Shader, SpreadMode, StrokeDash, Transform,
};

use super::{Face, per_meter};
use crate::color::Color;
use crate::fonts::FontId;
use crate::geometry::{Rect, UNITS_PER_INCH, pixels};
use crate::scene::{Card, GlyphRun, ImageItem, Item, Layout, Paint, PathItem, QrPlace, Stroke};

/// A painted side: opaque pixels.
#[derive(Debug, Clone)]
pub struct Canvas {
    pixmap: Pixmap,
    dpi: u32,
}

/// Why a side could not be painted or written.
#[derive(Debug, thiserror::Error)]
pub enum PaintError {
    /// A size that no picture has.
    #[error("a card of {0} × {1} pixels cannot be painted; choose 72 to 1200 dpi")]
    Size(u32, u32),
    /// The encoder's own.
    #[error("the PNG could not be written: {0}")]
    Encoding(#[from] png::EncodingError),
    /// A code that does not say what it should.
    #[error(
        "the card's code could not be read back from the picture; make the code larger or its color darker"
    )]
    NotReadBack,
}

impl Canvas {
    /// A white side of a layout at a resolution, 72 to 1200 dpi.
    pub fn new(layout: &Layout, dpi: u32) -> Result<Self, PaintError> {
        let (width, height) = (pixels(layout.width, dpi), pixels(layout.height, dpi));
        let pixmap = Pixmap::new(width, height).filter(|_| (72..=1200).contains(&dpi));
        let mut pixmap = pixmap.ok_or(PaintError::Size(width, height))?;
        pixmap.fill(tiny_skia::Color::WHITE);
        Ok(Self { pixmap, dpi })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.pixmap.width()
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.pixmap.height()
    }

    /// A pixel.
    pub fn pixel(&self, x: u32, y: u32) -> Color {
        let at = (y as usize * self.width() as usize + x as usize) * 4;
        match self.pixmap.data().get(at..at + 3) {
            Some(&[r, g, b]) => Color::opaque(r, g, b),
            _ => Color::WHITE,
        }
    }

    /// Rows from the top, three bytes a pixel.
    pub fn rgb(&self) -> Vec<u8> {
        self.pixmap
            .data()
            .chunks_exact(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect()
    }

    /// Paints items above what is there.
    pub fn paint(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Path(path) => self.path(path),
                Item::Glyphs(run) => self.glyphs(run),
                Item::Image(image) => self.image(image),
                Item::Qr(place) => self.qr(place),
            }
        }
    }

    /// Paints white what lies outside of the card's round corners.
    pub fn round(&mut self, layout: &Layout) {
        if layout.corner <= 0.0 {
            return;
        }
        let card = Rect {
            x: 0.0,
            y: 0.0,
            w: layout.width,
            h: layout.height,
        };
        let mut outside = card.rounded(0.0);
        outside.extend(card.rounded(layout.corner).reverse_subpaths());
        self.path(&PathItem {
            path: outside.into(),
            fill: Some(Paint::Color(Color::WHITE)),
            stroke: None,
        });
    }

    /// A PNG in true color that says its resolution.
    pub fn png(&self) -> Result<Vec<u8>, PaintError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width(), self.height());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: per_meter(self.dpi),
            yppu: per_meter(self.dpi),
            unit: png::Unit::Meter,
        }));
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb())?;
        writer.finish()?;
        Ok(file)
    }

    fn scale(&self) -> f32 {
        self.dpi as f32 / UNITS_PER_INCH
    }

    fn path(&mut self, item: &PathItem) {
        let Some(path) = skia_path(&item.path) else {
            return;
        };
        let scale = Transform::from_scale(self.scale(), self.scale());
        if let Some(paint) = item.fill.as_ref().and_then(skia_paint) {
            self.pixmap
                .fill_path(&path, &paint, FillRule::Winding, scale, None);
        }
        if let Some(stroke) = &item.stroke
            && let Some(paint) = skia_paint(&stroke.paint)
        {
            self.pixmap.stroke_path(&path, &paint, &line(stroke), scale, None);
        }
    }

    fn glyphs(&mut self, run: &GlyphRun) {
        let Some(paint) = skia_paint(&Paint::Color(run.color)) else {
            return;
        };
        for glyph in &run.glyphs {
            let Some(path) = outline(run.font, glyph.id) else {
                continue;
            };
            let scale = self.scale();
            let em = run.size / run.font.font().units_per_em * scale;
            let place = Transform::from_row(em, 0.0, 0.0, -em, glyph.x * scale, glyph.y * scale);
            self.pixmap
                .fill_path(&path, &paint, FillRule::Winding, place, None);
        }
    }

    fn image(&mut self, item: &ImageItem) {
        let picture = &item.picture;
        let Some(mut source) = Pixmap::new(picture.width(), picture.height()) else {
            return;
        };
        for (to, from) in source
            .data_mut()
            .chunks_exact_mut(4)
            .zip(picture.rgba().chunks_exact(4))
        {
            let color = tiny_skia::ColorU8::from_rgba(from[0], from[1], from[2], from[3]).premultiply();
            to.copy_from_slice(&[color.red(), color.green(), color.blue(), color.alpha()]);
        }
        let scale = self.scale();
        let place = Transform::from_row(
            item.rect.w / picture.width() as f32 * scale,
            0.0,
            0.0,
            item.rect.h / picture.height() as f32 * scale,
            item.rect.x * scale,
            item.rect.y * scale,
        );
        let paint = PixmapPaint {
            quality: FilterQuality::Bicubic,
            ..PixmapPaint::default()
        };
        let mask = self.mask(item.clip, item.radius);
        self.pixmap
            .draw_pixmap(0, 0, source.as_ref(), &paint, place, mask.as_ref());
    }

    fn mask(&self, clip: Rect, radius: f32) -> Option<Mask> {
        use kurbo::Shape as _;
        let (x, y) = (f64::from(clip.x), f64::from(clip.y));
        let outline = kurbo::RoundedRect::new(
            x,
            y,
            x + f64::from(clip.w),
            y + f64::from(clip.h),
            f64::from(radius),
        );
        let path = skia_path(&outline.to_path(0.02))?;
        let mut mask = Mask::new(self.width(), self.height())?;
        let scale = Transform::from_scale(self.scale(), self.scale());
        mask.fill_path(&path, FillRule::Winding, true, scale);
        Some(mask)
    }

    fn qr(&mut self, place: &QrPlace) {
        let scale = self.scale();
        let edge = |units: f32| (units * scale).round() as u32;
        let box_ = [
            place.rect.x,
            place.rect.y,
            place.rect.right(),
            place.rect.bottom(),
        ]
        .map(edge);
        self.block(box_, Color::WHITE);
        let (module, [left, top]) = place.pixels(self.dpi);
        let side = place.code.side();
        for (row, column) in (0..side).flat_map(|row| (0..side).map(move |column| (row, column))) {
            if place.code.is_dark(column, row) {
                let (x, y) = (left + column as u32 * module, top + row as u32 * module);
                self.block([x, y, x + module, y + module], place.color);
            }
        }
    }

    /// Fills whole pixels: left, top, right, bottom.
    fn block(&mut self, [left, top, right, bottom]: [u32; 4], color: Color) {
        let (width, height) = (self.width(), self.height());
        let data = self.pixmap.data_mut();
        for y in top..bottom.min(height) {
            for x in left..right.min(width) {
                let at = (y as usize * width as usize + x as usize) * 4;
                data[at..at + 4].copy_from_slice(&[color.r, color.g, color.b, 255]);
            }
        }
    }
}

/// Paints one side of one card.
pub fn side(layout: &Layout, card: &Card, face: Face, dpi: u32) -> Result<Canvas, PaintError> {
    let (fixed, own) = match face {
        Face::Front => (&layout.front.fixed, &card.front),
        Face::Back => (&layout.back.fixed, &card.back),
    };
    let mut canvas = Canvas::new(layout, dpi)?;
    canvas.paint(fixed);
    canvas.round(layout);
    canvas.paint(own);
    Ok(canvas)
}

/// The outline of a glyph in the units of its font, y up; `None` for one without ink.
pub(crate) fn outline(font: FontId, glyph: u16) -> Option<Path> {
    let mut outline = Outline(PathBuilder::new());
    font.font()
        .face
        .outline_glyph(rustybuzz::ttf_parser::GlyphId(glyph), &mut outline)?;
    outline.0.finish()
}

/// The area of a path's fill or stroke in pixels, for painters that cover pixels with a color.
pub(crate) fn area(item: &PathItem, scale: f32, stroke: bool) -> Option<Path> {
    let path = skia_path(&item.path)?;
    let scaled = Transform::from_scale(scale, scale);
    if !stroke {
        return path.transform(scaled);
    }
    let style = line(item.stroke.as_ref()?);
    let path = match &style.dash {
        Some(dash) => path.dash(dash, scale)?,
        None => path,
    };
    path.stroke(&style, scale)?.transform(scaled)
}

fn line(stroke: &Stroke) -> tiny_skia::Stroke {
    tiny_skia::Stroke {
        width: stroke.width,
        line_cap: if stroke.round {
            LineCap::Round
        } else {
            LineCap::Butt
        },
        dash: StrokeDash::new(stroke.dash.clone(), 0.0),
        ..tiny_skia::Stroke::default()
    }
}

struct Outline(PathBuilder);

impl rustybuzz::ttf_parser::OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}

fn skia_path(path: &kurbo::BezPath) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let f = |value: f64| value as f32;
    for element in path.elements() {
        match *element {
            PathEl::MoveTo(p) => builder.move_to(f(p.x), f(p.y)),
            PathEl::LineTo(p) => builder.line_to(f(p.x), f(p.y)),
            PathEl::QuadTo(a, p) => builder.quad_to(f(a.x), f(a.y), f(p.x), f(p.y)),
            PathEl::CurveTo(a, b, p) => builder.cubic_to(f(a.x), f(a.y), f(b.x), f(b.y), f(p.x), f(p.y)),
            PathEl::ClosePath => builder.close(),
        }
    }
    builder.finish()
}

fn skia_paint(paint: &Paint) -> Option<SkiaPaint<'static>> {
    let stops = |stops: &[(Color, f32)]| {
        stops
            .iter()
            .map(|(color, place)| GradientStop::new(*place, skia_color(*color)))
            .collect()
    };
    let shader = match paint {
        Paint::Color(color) => Shader::SolidColor(skia_color(*color)),
        Paint::Linear { from, to, stops: s } => LinearGradient::new(
            Point::from_xy(from[0], from[1]),
            Point::from_xy(to[0], to[1]),
            stops(s),
            SpreadMode::Pad,
            Transform::identity(),
        )?,
        Paint::Radial {
            center,
            radius,
            stops: s,
        } => {
            let center = Point::from_xy(center[0], center[1]);
            RadialGradient::new(
                center,
                0.0,
                center,
                *radius,
                stops(s),
                SpreadMode::Pad,
                Transform::identity(),
            )?
        }
    };
    Some(SkiaPaint {
        shader,
        anti_alias: true,
        ..SkiaPaint::default()
    })
}

fn skia_color(color: Color) -> tiny_skia::Color {
    tiny_skia::Color::from_rgba8(color.r, color.g, color.b, color.a)
}
