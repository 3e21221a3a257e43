//! From the file to a [`Template`], with errors that say where and what to do.

use std::collections::BTreeMap;

use kurbo::{Affine, BezPath, Circle, Ellipse, Point, RoundedRect, Shape as _, Vec2};

use super::curves;
use super::grid;
use super::raw::{Align, Cap, RawElement, RawGradient, RawStyle, RawTemplate, Scale, VerticalAlign};
use super::{
    Condition, Contrast, Element, Fact, Gradient, Ink, Kind, LogoRow, Pattern, Piece, Reach, Shape, Source,
    StrokeStyle, Template, TextSlot, Tint,
};
use crate::color::Color;
use crate::geometry::Rect;

/// The longest side of a card: 50 cm.
const MAX_SIDE: f32 = 6000.0;
/// The most repetitions of a shape.
const MAX_REPEATS: u32 = 2000;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct TemplateError {
    /// The file.
    pub file: String,
    /// Where in it, what is wrong, and what to do.
    pub message: String,
}

pub(super) type Parsed<T> = Result<T, String>;

impl Template {
    /// Reads a template file; `file` is its name for messages.
    pub fn parse(file: &str, text: &str) -> Result<Self, TemplateError> {
        let fail = |message: String| TemplateError {
            file: file.to_owned(),
            message,
        };
        let raw: RawTemplate = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        read(raw).map_err(fail)
    }
}

fn read(raw: RawTemplate) -> Parsed<Template> {
    for (key, side) in [("width", raw.width), ("height", raw.height)] {
        if !(100.0..=MAX_SIDE).contains(&side) {
            return Err(format!(
                "{key} is {side}; a card measures 100 to {MAX_SIDE} units of 1/300 inch"
            ));
        }
    }
    jiff::fmt::strtime::format(&raw.date_format, jiff::civil::date(2026, 1, 31))
        .map_err(|error| format!("date_format {:?}: {error}", raw.date_format))?;
    let mut template = Template {
        name: raw.name,
        title: raw.title,
        purpose: raw.purpose,
        width: raw.width,
        height: raw.height,
        corner: raw.corner.clamp(0.0, raw.width.min(raw.height) / 2.0),
        date_format: raw.date_format,
        palette: Default::default(),
        gradients: Default::default(),
        texts: raw.texts,
        contrasts: Vec::new(),
        front: Vec::new(),
        back: Vec::new(),
    };
    for (name, value) in raw.palette {
        let color = Color::parse(&value).ok_or_else(|| {
            format!("palette.{name}: {value:?} is no color; write \"#rrggbb\" or \"#rrggbbaa\"")
        })?;
        template.palette.insert(name, color);
    }
    for (name, value) in raw.gradients {
        let gradient = gradient(&value, &template).map_err(|error| format!("gradients.{name}: {error}"))?;
        template.gradients.insert(name, gradient);
    }
    for (at, pair) in raw.contrast.iter().enumerate() {
        let read = |key: &str, name: &str| {
            tint(name, &template).map_err(|error| format!("contrast {}: {key}: {error}", at + 1))
        };
        let (text, on, least) = (read("text", &pair.text)?, read("on", &pair.on)?, pair.least);
        template.contrasts.push(Contrast { text, on, least });
    }
    template.front = elements("front", raw.front, &raw.styles, &template)?;
    template.back = elements("back", raw.back, &raw.styles, &template)?;
    Ok(template)
}

type Styles = BTreeMap<String, RawStyle>;

fn elements(side: &str, raw: Vec<RawElement>, styles: &Styles, template: &Template) -> Parsed<Vec<Element>> {
    let mut elements = Vec::new();
    for (number, raw) in raw.into_iter().enumerate() {
        let at = format!("{side} element {} ({})", number + 1, raw.kind);
        let read = |raw: RawElement| {
            let raw = match raw.style.clone() {
                Some(name) => raw.styled(style(&name, styles)?),
                None => raw,
            };
            if raw.kind == "grid" {
                let cells = grid::cells(&raw, |name| style(name, styles))?;
                return cells
                    .iter()
                    .map(|raw| element(at.clone(), raw, template))
                    .collect();
            }
            element(at.clone(), &raw, template).map(|element| vec![element])
        };
        let read: Parsed<Vec<Element>> = read(raw);
        elements.extend(read.map_err(|error| format!("{at}: {error}"))?);
    }
    Ok(elements)
}

fn style<'a>(name: &str, styles: &'a Styles) -> Parsed<&'a RawStyle> {
    let known = || styles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    styles
        .get(name)
        .ok_or_else(|| format!("there is no style {name:?}; there are {}", known()))
}

fn element(at: String, raw: &RawElement, template: &Template) -> Parsed<Element> {
    let kind = match raw.kind.as_str() {
        "rect" | "ellipse" | "circle" | "line" | "path" | "wave" | "rosette" => {
            Kind::Shape(shape(raw, template)?)
        }
        "text" => Kind::Text(Box::new(text(raw, template)?)),
        "qr" => Kind::Qr {
            rect: square(raw, template)?,
            color: tint(raw.color.as_deref().unwrap_or("#000"), template)?,
        },
        "logos" => Kind::Logos(logos(raw, template)?),
        "image" => Kind::Image {
            rect: rect(raw, template)?,
            source: source(raw.image.as_deref())?,
            radius: raw.radius.unwrap_or(0.0),
        },
        other => {
            return Err(format!(
                "there is no kind {other:?}; there are rect, ellipse, circle, line, path, wave, rosette, text, grid, qr, logos and image"
            ));
        }
    };
    let when = raw
        .when
        .iter()
        .map(|name| condition(name))
        .collect::<Parsed<Vec<_>>>()?;
    if let Kind::Shape(shape) = &kind
        && when.iter().any(|condition| !condition.fact.is_fixed())
        && has_gradient(shape)
    {
        return Err("a shape that depends on the card's data has one plain color, not a gradient".to_owned());
    }
    Ok(Element { at, when, kind })
}

fn has_gradient(shape: &Shape) -> bool {
    let inks = shape
        .fill
        .iter()
        .chain(shape.stroke.iter().map(|stroke| &stroke.ink));
    inks.into_iter().any(|ink| matches!(ink, Ink::Gradient(_)))
}

fn condition(name: &str) -> Parsed<Condition> {
    let (name, holds) = name.strip_prefix('!').map_or((name, true), |name| (name, false));
    Ok(Condition {
        fact: Fact::parse(name).map_err(|error| format!("when: {error}"))?,
        holds,
    })
}

fn source(name: Option<&str>) -> Parsed<Source> {
    let wrong = || "`image` is logo.1, logo.2, logo.3 or photo".to_owned();
    match Fact::parse(name.ok_or_else(wrong)?) {
        Ok(Fact::Logo(number)) => Ok(Source::Logo(number)),
        Ok(Fact::Photo) => Ok(Source::Photo),
        _ => Err(wrong()),
    }
}

pub(super) fn needed<T: Copy>(value: Option<T>, key: &str) -> Parsed<T> {
    value.ok_or_else(|| format!("the key `{key}` is missing"))
}

fn rect(raw: &RawElement, template: &Template) -> Parsed<Rect> {
    let rect = Rect {
        x: needed(raw.x, "x")?,
        y: needed(raw.y, "y")?,
        w: needed(raw.w, "w")?,
        h: needed(raw.h, "h")?,
    };
    let inside =
        rect.x >= 0.0 && rect.y >= 0.0 && rect.right() <= template.width && rect.bottom() <= template.height;
    if !(rect.w > 0.0 && rect.h > 0.0 && inside) {
        return Err(format!(
            "the box x {}, y {}, w {}, h {} does not lie on the card of {} × {}",
            rect.x, rect.y, rect.w, rect.h, template.width, template.height
        ));
    }
    Ok(rect)
}

fn square(raw: &RawElement, template: &Template) -> Parsed<Rect> {
    let rect = rect(raw, template)?;
    if (rect.w - rect.h).abs() > 0.5 || rect.w < crate::scene::LEAST_QR {
        return Err(format!(
            "a code is square and at least {} units wide, so that its modules are 0.33 mm",
            crate::scene::LEAST_QR
        ));
    }
    Ok(rect)
}

fn text(raw: &RawElement, template: &Template) -> Parsed<TextSlot> {
    let pattern = Pattern::parse(raw.text.as_deref().ok_or("the key `text` is missing")?)?;
    for piece in &pattern.0 {
        if let Piece::Field(super::Field::Text(key), _) = piece
            && !template.texts.contains_key(key)
        {
            return Err(format!("{{text.{key}}} is not under [texts]"));
        }
    }
    let rect = rect(raw, template)?;
    let size = needed(raw.size, "size")?;
    let min_size = raw.min_size.unwrap_or(size * 0.6);
    if !(6.0..=400.0).contains(&size) || !(4.0..=size).contains(&min_size) {
        return Err(format!(
            "size {size}, min_size {min_size}: sizes go from 6 to 400 units and min_size from 4 to size"
        ));
    }
    if rect.h + 0.01 < 1.2 * size {
        return Err(format!(
            "h is {}; a line of size {size} needs {}",
            rect.h,
            (1.2 * size).ceil()
        ));
    }
    if raw.rotate.is_some() || raw.repeat.is_some() {
        return Err("a text can neither be rotated nor repeated".to_owned());
    }
    Ok(TextSlot {
        rect,
        pattern,
        family: raw.font.unwrap_or_default(),
        weight: raw.weight.unwrap_or_default(),
        size,
        min_size,
        lines: raw.lines.unwrap_or(1).clamp(1, 8),
        leading: raw.leading.unwrap_or(1.25).clamp(0.8, 3.0),
        spacing: raw.spacing.unwrap_or(0.0).clamp(-0.1, 1.0),
        upper: raw.upper.unwrap_or(false),
        is_title: raw.scale == Some(Scale::Title),
        color: tint(
            raw.color.as_deref().ok_or("the key `color` is missing")?,
            template,
        )?,
        align: share(raw.align),
        is_mirrored: raw.align == Some(Align::Start),
        valign: match raw.valign.unwrap_or(VerticalAlign::Middle) {
            VerticalAlign::Top => 0.0,
            VerticalAlign::Middle => 0.5,
            VerticalAlign::Bottom => 1.0,
        },
    })
}

/// How much of the free room stands to the left.
fn share(align: Option<Align>) -> f32 {
    match align.unwrap_or(Align::Left) {
        Align::Start | Align::Left => 0.0,
        Align::Center => 0.5,
        Align::Right => 1.0,
    }
}

fn logos(raw: &RawElement, template: &Template) -> Parsed<LogoRow> {
    let rect = rect(raw, template)?;
    let (gap, padding) = (raw.gap.unwrap_or(12.0), raw.padding.unwrap_or(0.0));
    if gap < 0.0 || padding < 0.0 || 2.0 * padding >= rect.h || 2.0 * gap + 6.0 * padding >= rect.w {
        return Err("`gap` and `padding` leave no room for logos".to_owned());
    }
    let plate = raw.plate.as_deref().map(|name| tint(name, template));
    Ok(LogoRow {
        rect,
        gap,
        plate: plate.transpose()?,
        padding,
        radius: raw.radius.unwrap_or(0.0),
        align: share(raw.align),
    })
}

fn shape(raw: &RawElement, template: &Template) -> Parsed<Shape> {
    let one = outline(raw)?;
    let middle = one.bounding_box().center();
    let turned = Affine::rotate_about(f64::from(raw.rotate.unwrap_or(0.0)).to_radians(), middle) * one;
    let mut path = BezPath::new();
    let repeat = raw.repeat;
    let (nx, ny) = repeat.map_or((1, 1), |repeat| (repeat.nx, repeat.ny));
    if u64::from(nx) * u64::from(ny) > u64::from(MAX_REPEATS) {
        return Err(format!(
            "repeat draws the shape {nx} × {ny} times; at most {MAX_REPEATS} in all"
        ));
    }
    for (column, row) in (0..ny).flat_map(|row| (0..nx).map(move |column| (column, row))) {
        let (dx, dy) = repeat.map_or((0.0, 0.0), |repeat| (repeat.dx, repeat.dy));
        let by = Vec2::new(f64::from(dx) * f64::from(column), f64::from(dy) * f64::from(row));
        path.extend(Affine::translate(by) * turned.clone());
    }
    let fill = raw.fill.as_deref().map(|name| ink(name, template)).transpose()?;
    let stroke = raw
        .stroke
        .as_deref()
        .map(|name| stroke(name, raw, template))
        .transpose()?;
    if fill.is_none() && stroke.is_none() {
        return Err("a shape needs `fill`, `stroke` or both".to_owned());
    }
    Ok(Shape { path, fill, stroke })
}

fn outline(raw: &RawElement) -> Parsed<BezPath> {
    const TOLERANCE: f64 = 0.02;
    let get = |value: Option<f32>, key: &str| needed(value, key).map(f64::from);
    Ok(match raw.kind.as_str() {
        "rect" => {
            let (x, y) = (get(raw.x, "x")?, get(raw.y, "y")?);
            let (w, h) = (get(raw.w, "w")?, get(raw.h, "h")?);
            let radius = f64::from(raw.radius.unwrap_or(0.0));
            match radius > 0.0 {
                true => RoundedRect::new(x, y, x + w, y + h, radius).to_path(TOLERANCE),
                false => kurbo::Rect::new(x, y, x + w, y + h).to_path(TOLERANCE),
            }
        }
        "line" => {
            let mut path = BezPath::new();
            path.move_to((get(raw.x, "x")?, get(raw.y, "y")?));
            path.line_to((get(raw.x2, "x2")?, get(raw.y2, "y2")?));
            path
        }
        "wave" => curves::wave(raw)?,
        "rosette" => curves::rosette(raw)?,
        "path" => {
            let data = raw.d.as_deref().ok_or("the key `d` is missing")?;
            BezPath::from_svg(data).map_err(|error| format!("d is no SVG path data: {error}"))?
        }
        kind => {
            let center = Point::new(get(raw.cx, "cx")?, get(raw.cy, "cy")?);
            match kind == "circle" {
                true => Circle::new(center, get(raw.r, "r")?).to_path(TOLERANCE),
                false => {
                    Ellipse::new(center, (get(raw.rx, "rx")?, get(raw.ry, "ry")?), 0.0).to_path(TOLERANCE)
                }
            }
        }
    })
}

fn stroke(name: &str, raw: &RawElement, template: &Template) -> Parsed<StrokeStyle> {
    let width = raw.width.unwrap_or(1.0);
    let dash = raw.dash.clone().unwrap_or_default();
    let dashes_are_lengths =
        dash.len().is_multiple_of(2) && dash.iter().all(|length| (0.1..=2000.0).contains(length));
    if !(0.1..=500.0).contains(&width) || !dashes_are_lengths {
        return Err(
            "a stroke is 0.1 to 500 units wide, and `dash` is pairs of lengths from 0.1: [on, off]"
                .to_owned(),
        );
    }
    Ok(StrokeStyle {
        ink: ink(name, template)?,
        width,
        dash,
        round: raw.cap == Some(Cap::Round),
    })
}

fn ink(name: &str, template: &Template) -> Parsed<Ink> {
    if template.gradients.contains_key(name) {
        return Ok(Ink::Gradient(name.to_owned()));
    }
    tint(name, template).map(Ink::Tint)
}

fn tint(text: &str, template: &Template) -> Parsed<Tint> {
    let (name, share) = match text.split_once('/') {
        None => (text, 1.0),
        Some((name, percent)) => {
            let percent: f32 = percent.parse().unwrap_or(f32::NAN);
            if !(0.0..=100.0).contains(&percent) {
                return Err(format!(
                    "{text:?}: after the slash stands a share in percent, 0 to 100"
                ));
            }
            (name, percent / 100.0)
        }
    };
    let color = if name.starts_with('#') {
        Ok(Color::parse(name).ok_or_else(|| format!("{name:?} is no color; write \"#rrggbb\""))?)
    } else if template.palette.contains_key(name) {
        Err(name.to_owned())
    } else {
        let known: Vec<_> = template
            .palette
            .keys()
            .chain(template.gradients.keys())
            .map(String::as_str)
            .collect();
        return Err(format!(
            "there is no color {name:?}; there are {}",
            known.join(", ")
        ));
    };
    Ok(Tint { color, share })
}

fn gradient(raw: &RawGradient, template: &Template) -> Parsed<Gradient> {
    let reach = match (raw.kind.as_str(), raw.to, raw.radius) {
        ("linear", Some(to), None) if to != raw.from => Reach::To(to),
        ("radial", None, Some(radius)) if radius > 0.0 => Reach::Radius(radius),
        _ => {
            return Err(
                "a gradient is \"linear\" with from and to, or \"radial\" with from and radius".to_owned(),
            );
        }
    };
    let stop = |(name, place): &(String, f32)| tint(name, template).map(|tint| (tint, *place));
    let stops = raw.stops.iter().map(stop).collect::<Parsed<Vec<_>>>()?;
    let rising = stops.windows(2).all(|pair| pair[0].1 <= pair[1].1);
    if stops.len() < 2 || !rising || stops.iter().any(|(_, place)| !(0.0..=1.0).contains(place)) {
        return Err("stops are at least two colors with places that rise from 0 to 1".to_owned());
    }
    Ok(Gradient {
        from: raw.from,
        reach,
        stops,
    })
}
