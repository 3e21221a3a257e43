//! What a benchmark found, and how it is printed.

use std::process::Command;

/// Named numbers, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Figures(Vec<(String, f64, &'static str)>);

impl Figures {
    /// Adds a number under a key, with a line for people.
    pub fn add(&mut self, key: impl Into<String>, value: f64, meaning: &'static str) {
        let key = key.into();
        // A long bench shows what it has found so far.
        eprintln!("{key} {value:.4}");
        self.0.push((key, value, meaning));
    }

    /// A table for people.
    pub fn table(&self) -> String {
        self.0
            .iter()
            .map(|(key, value, meaning)| format!("{key:28} {value:>14.4}  {meaning}\n"))
            .collect()
    }

    /// One JSON object on one line.
    pub fn json(&self, name: &str) -> String {
        let figures: serde_json::Map<String, serde_json::Value> = self
            .0
            .iter()
            .map(|(key, value, _)| (key.clone(), serde_json::json!(value)))
            .collect();
        serde_json::json!({ "name": name, "machine": machine(), "commit": commit(), "figures": figures })
            .to_string()
    }
}

impl From<serde_json::Value> for Figures {
    /// The numbers of a JSON object; those of an object inside it get its key in front.
    fn from(value: serde_json::Value) -> Self {
        let mut figures = Self::default();
        figures.take_in("", &value);
        figures
    }
}

impl Figures {
    fn take_in(&mut self, name: &str, value: &serde_json::Value) {
        if let Some(number) = value.as_f64() {
            self.add(name, number, "");
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            let key = if name.is_empty() {
                key.clone()
            } else {
                format!("{name}_{key}")
            };
            self.take_in(&key, inner);
        }
    }
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |line: &str| line.split_once(": ").map(|(_, value)| value.trim().to_owned());
    let model = info
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(field);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{}, {cores} cores",
        model.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
    )
}

fn commit() -> String {
    let output = Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .output();
    output
        .map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
        .unwrap_or_default()
}
