//! The file as it is written: every element with every key it might have.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::fonts::{Family, Weight};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTemplate {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub purpose: String,
    pub width: f32,
    pub height: f32,
    #[serde(default)]
    pub corner: f32,
    #[serde(default = "iso_date")]
    pub date_format: String,
    #[serde(default)]
    pub palette: BTreeMap<String, String>,
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    #[serde(default)]
    pub contrast: Vec<RawContrast>,
    #[serde(default)]
    pub gradients: BTreeMap<String, RawGradient>,
    #[serde(default)]
    pub styles: BTreeMap<String, RawStyle>,
    #[serde(default)]
    pub front: Vec<RawElement>,
    #[serde(default)]
    pub back: Vec<RawElement>,
}

fn iso_date() -> String {
    "%Y-%m-%d".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawContrast {
    pub text: String,
    pub on: String,
    pub least: f32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGradient {
    pub kind: String,
    pub from: [f32; 2],
    pub to: Option<[f32; 2]>,
    pub radius: Option<f32>,
    pub stops: Vec<(String, f32)>,
}

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeat {
    #[serde(default = "once")]
    pub nx: u32,
    #[serde(default)]
    pub dx: f32,
    #[serde(default = "once")]
    pub ny: u32,
    #[serde(default)]
    pub dy: f32,
}

fn once() -> u32 {
    1
}

/// What many elements share, under a name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStyle {
    pub radius: Option<f32>,
    pub fill: Option<String>,
    pub stroke: Option<String>,
    pub width: Option<f32>,
    pub dash: Option<Vec<f32>>,
    pub cap: Option<Cap>,
    pub font: Option<Family>,
    pub weight: Option<Weight>,
    pub size: Option<f32>,
    pub min_size: Option<f32>,
    pub lines: Option<usize>,
    pub leading: Option<f32>,
    pub color: Option<String>,
    pub align: Option<Align>,
    pub valign: Option<VerticalAlign>,
    pub spacing: Option<f32>,
    pub upper: Option<bool>,
    pub scale: Option<Scale>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawElement {
    pub kind: String,
    pub style: Option<String>,
    #[serde(default)]
    pub when: Vec<String>,
    pub x: Option<f32>,
    pub y: Option<f32>,
    pub w: Option<f32>,
    pub h: Option<f32>,
    pub x2: Option<f32>,
    pub y2: Option<f32>,
    pub cx: Option<f32>,
    pub cy: Option<f32>,
    pub r: Option<f32>,
    pub rx: Option<f32>,
    pub ry: Option<f32>,
    pub d: Option<String>,
    pub radius: Option<f32>,
    pub fill: Option<String>,
    pub stroke: Option<String>,
    pub width: Option<f32>,
    pub dash: Option<Vec<f32>>,
    pub cap: Option<Cap>,
    pub rotate: Option<f32>,
    pub repeat: Option<Repeat>,
    pub image: Option<String>,
    pub text: Option<String>,
    pub font: Option<Family>,
    pub weight: Option<Weight>,
    pub size: Option<f32>,
    pub min_size: Option<f32>,
    pub lines: Option<usize>,
    pub leading: Option<f32>,
    pub color: Option<String>,
    pub align: Option<Align>,
    pub valign: Option<VerticalAlign>,
    pub spacing: Option<f32>,
    pub upper: Option<bool>,
    pub scale: Option<Scale>,
    // Waves and rosettes.
    pub amplitude: Option<f32>,
    pub wavelength: Option<f32>,
    pub petals: Option<u32>,
    pub strands: Option<u32>,
    // Logos and grids.
    pub gap: Option<f32>,
    pub plate: Option<String>,
    pub padding: Option<f32>,
    pub columns: Option<usize>,
    pub count: Option<usize>,
    pub label: Option<String>,
    pub value: Option<String>,
    pub label_w: Option<f32>,
}

impl RawElement {
    /// The same with a style's value for every key that the element leaves open.
    pub fn styled(mut self, style: &RawStyle) -> Self {
        macro_rules! inherit {
            ($($key:ident),*) => {
                $(if self.$key.is_none() {
                    self.$key.clone_from(&style.$key);
                })*
            };
        }
        inherit!(
            radius, fill, stroke, width, dash, cap, font, weight, size, min_size, lines, leading, color,
            align, valign, spacing, upper, scale
        );
        self
    }
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Cap {
    Butt,
    Round,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Align {
    Start,
    Left,
    Center,
    Right,
}

#[derive(Debug, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum VerticalAlign {
    Top,
    Middle,
    Bottom,
}

#[derive(Debug, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scale {
    Title,
    Font,
}
