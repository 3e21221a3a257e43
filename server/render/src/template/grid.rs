//! A grid of attributes: one element of the file, and a label and a value for each cell.

use super::parse::{Parsed, needed};
use super::raw::{RawElement, RawStyle};
use crate::data::MAX_ATTRIBUTES;

/// The elements that a grid stands for.
pub(super) fn cells<'a>(
    raw: &RawElement,
    style: impl Fn(&str) -> Parsed<&'a RawStyle>,
) -> Parsed<Vec<RawElement>> {
    let (x, y) = (needed(raw.x, "x")?, needed(raw.y, "y")?);
    let (w, h) = (needed(raw.w, "w")?, needed(raw.h, "h")?);
    let (count, columns) = (raw.count.unwrap_or(MAX_ATTRIBUTES), raw.columns.unwrap_or(2));
    if !(1..=MAX_ATTRIBUTES).contains(&count) || !(1..=count).contains(&columns) {
        return Err(format!(
            "`count` goes from 1 to {MAX_ATTRIBUTES} and `columns` from 1 to count"
        ));
    }
    let label = style(raw.label.as_deref().ok_or("the key `label` is missing")?)?;
    let value = style(raw.value.as_deref().ok_or("the key `value` is missing")?)?;
    let gap = raw.gap.unwrap_or(16.0);
    let rows = count.div_ceil(columns);
    let share = |whole: f32, parts: usize, gap: f32| (whole - gap * (parts - 1) as f32) / parts as f32;
    // Rows stand apart by their own leading; a line under cells asks for room.
    let between = if raw.stroke.is_some() { 10.0 } else { 6.0 };
    let (cell_w, cell_h) = (share(w, columns, gap), share(h, rows, between));
    let mut cells = Vec::new();
    for cell in 0..count {
        let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
        let at = [
            x + column * (cell_w + gap),
            y + row * (cell_h + between),
            cell_w,
            cell_h,
        ];
        cells.extend(one(raw, cell + 1, at, label, value)?);
    }
    Ok(cells)
}

/// Label, value and line of a cell, in its box: left, top, width, height.
fn one(
    raw: &RawElement,
    number: usize,
    [x, y, w, h]: [f32; 4],
    label: &RawStyle,
    value: &RawStyle,
) -> Parsed<Vec<RawElement>> {
    let mut when = raw.when.clone();
    when.push(format!("attribute.{number}"));
    let text = |part: &str, [x, y, w, h]: [f32; 4], style: &RawStyle| {
        RawElement {
            kind: "text".to_owned(),
            when: when.clone(),
            text: Some(format!("{{attribute.{number}.{part}}}")),
            x: Some(x),
            y: Some(y),
            w: Some(w),
            h: Some(h),
            ..RawElement::default()
        }
        .styled(style)
    };
    let (label_box, value_box) = match raw.label_w {
        Some(label_w) => ([x, y, label_w, h], [x + label_w + 8.0, y, w - label_w - 8.0, h]),
        None => {
            // As much as a line of its size must have, and air for what hangs below it.
            let line = (1.35 * needed(label.size, "size of the style of labels")?).ceil();
            ([x, y, w, line], [x, y + line, w, h - line])
        }
    };
    let mut cell = vec![text("label", label_box, label), text("value", value_box, value)];
    if raw.stroke.is_some() {
        cell.push(RawElement {
            kind: "line".to_owned(),
            when: when.clone(),
            x: Some(x),
            y: Some(y + h + 5.0),
            x2: Some(x + w),
            y2: Some(y + h + 5.0),
            stroke: raw.stroke.clone(),
            width: raw.width,
            dash: raw.dash.clone(),
            cap: raw.cap,
            ..RawElement::default()
        });
    }
    Ok(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_inside_of_the_grid_and_never_on_each_other() {
        let style = RawStyle {
            size: Some(25.0),
            ..RawStyle::default()
        };
        for (count, columns, label_w) in [
            (4, 2, None),
            (4, 1, Some(120.0)),
            (3, 3, None),
            (1, 1, None),
            (4, 4, None),
        ] {
            let raw = RawElement {
                x: Some(40.0),
                y: Some(50.0),
                w: Some(600.0),
                h: Some(300.0),
                count: Some(count),
                columns: Some(columns),
                label_w,
                label: Some("a".into()),
                value: Some("b".into()),
                ..RawElement::default()
            };
            let cells = cells(&raw, |_| Ok(&style)).unwrap();
            assert_eq!(cells.len(), 2 * count);
            let boxes: Vec<[f32; 4]> = cells
                .iter()
                .map(|cell| [cell.x, cell.y, cell.w, cell.h].map(Option::unwrap))
                .collect();
            for (at, a) in boxes.iter().enumerate() {
                assert!(a[0] >= 40.0 && a[0] + a[2] <= 640.01 && a[1] >= 50.0 && a[1] + a[3] <= 350.01);
                for b in &boxes[at + 1..] {
                    let apart = a[0] + a[2] <= b[0] + 0.01
                        || b[0] + b[2] <= a[0] + 0.01
                        || a[1] + a[3] <= b[1] + 0.01
                        || b[1] + b[3] <= a[1] + 0.01;
                    assert!(apart, "{a:?} {b:?}");
                }
            }
        }
    }
}
