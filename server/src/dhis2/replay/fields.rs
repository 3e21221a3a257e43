//! The parameter `fields`: which fields of a row are in an answer.

use serde_json::{Map, Value};

/// A tree of wanted fields; an empty one wants all.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, Fields)>);

impl Fields {
    /// Reads `id,attributes[attribute,value]`. A bracket that is not closed ends with the text, as on real servers.
    pub(super) fn parse(text: &str) -> Self {
        let mut rest = text;
        Self::list(&mut rest)
    }

    fn list(rest: &mut &str) -> Self {
        let mut wanted = Vec::new();
        loop {
            let end = rest.find([',', '[', ']']).unwrap_or(rest.len());
            let name = rest[..end].trim().to_owned();
            let stop = rest[end..].chars().next();
            *rest = rest.get(end + 1..).unwrap_or_default();
            let inner = match stop {
                Some('[') => Self::list(rest),
                _ => Self::default(),
            };
            if !name.is_empty() && !name.starts_with('!') {
                wanted.push((name, inner));
            }
            let ends = matches!(stop, Some(']') | None) || rest.is_empty();
            if ends {
                return Self(wanted);
            }
        }
    }

    /// A row with the wanted fields that it has.
    pub(super) fn of(&self, row: &Value) -> Value {
        if self.0.is_empty() || self.0.iter().any(|(name, _)| name == "*" || name == ":all") {
            return row.clone();
        }
        match row {
            Value::Array(rows) => rows.iter().map(|row| self.of(row)).collect(),
            Value::Object(fields) => {
                let chosen = self.0.iter().filter_map(|(name, inner)| {
                    let value = fields.get(name)?;
                    Some((name.clone(), inner.of(value)))
                });
                Value::Object(chosen.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_choose_what_is_asked_for_however_deep() {
        let row = json!({"a": 1, "b": [{"c": 2, "d": 3}], "e": {"f": {"g": 4}, "h": 5}});
        let chosen = |text: &str| Fields::parse(text).of(&row);
        assert_eq!(
            chosen("a,b[c],e[f[g]]"),
            json!({"a": 1, "b": [{"c": 2}], "e": {"f": {"g": 4}}})
        );
        assert_eq!(chosen("e[h],a,zz"), json!({"e": {"h": 5}, "a": 1}));
        assert_eq!(chosen("a,b[c"), json!({"a": 1, "b": [{"c": 2}]}));
        assert_eq!(chosen("*"), row);
    }
}
