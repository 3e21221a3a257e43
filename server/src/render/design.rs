//! What cards look like: template, changes and logos, resolved once.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde::de::DeserializeOwned;
use teranga_render::config::{CardConfig, SovereignCardConfig};
use teranga_render::data::Picture;
use teranga_render::logo::{Logo, MAX_BYTES, MAX_LOGOS};
use teranga_render::scene::{Layout, Logos};
use teranga_render::template;

use super::flags::DesignFlags;

/// A design, ready for cards.
pub struct Design {
    /// Its layout.
    pub layout: Arc<Layout>,
    /// Name of the template.
    pub template: String,
    /// Whether the front shows the person's name by itself, so that no attribute need.
    pub shows_name: bool,
}

impl Design {
    /// Resolves the flags.
    pub fn new(flags: &DesignFlags) -> anyhow::Result<Self> {
        let config = config(flags)?;
        let template = config.template()?;
        let shows_name = template.shows_name();
        let layout = Layout::new(template, &config, &logos(&flags.logo)?)?;
        Ok(Self {
            layout: Arc::new(layout),
            template: config.template,
            shows_name,
        })
    }
}

fn config(flags: &DesignFlags) -> anyhow::Result<CardConfig> {
    let names = || template::names().collect::<Vec<_>>().join(", ");
    let mut config = match &flags.config {
        Some(file) => read(file)?,
        None => {
            let name = flags.template.as_deref();
            let name = name.with_context(|| format!("choose a template with --template: {}", names()))?;
            CardConfig::of(name)
        }
    };
    if let Some(name) = &flags.template {
        name.clone_into(&mut config.template);
    }
    Ok(config)
}

/// Reads a configuration; one with the published names of `sovereign` counts as well.
fn read(file: &Path) -> anyhow::Result<CardConfig> {
    let said = || format!("the configuration, {}", file.display());
    let text = std::fs::read_to_string(file).with_context(said)?;
    if text.contains("_hex") {
        let config: SovereignCardConfig = parse(file, &text).with_context(said)?;
        return config.to_config().with_context(said);
    }
    parse(file, &text).with_context(said)
}

fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> anyhow::Result<T> {
    let is_json = file
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    Ok(if is_json {
        serde_json::from_str(text)?
    } else {
        toml::from_str(text)?
    })
}

fn logos(files: &[std::path::PathBuf]) -> anyhow::Result<Logos> {
    ensure!(
        files.len() <= MAX_LOGOS,
        "a card has room for {MAX_LOGOS} logos; {} were given",
        files.len()
    );
    let mut logos = Logos::default();
    for (place, file) in logos.iter_mut().zip(files) {
        *place = Some(Arc::new(
            picture(file).with_context(|| format!("the logo {}", file.display()))?,
        ));
    }
    Ok(logos)
}

/// Decodes a picture from a file, which is not believed anything.
pub fn picture(file: &Path) -> anyhow::Result<Picture> {
    let about = std::fs::metadata(file).context("it cannot be opened")?;
    ensure!(about.is_file(), "it is not a file");
    ensure!(
        about.len() <= MAX_BYTES as u64,
        "the file has {} bytes; at most {MAX_BYTES} are taken. Save it smaller",
        about.len()
    );
    let bytes = std::fs::read(file).context("it cannot be opened")?;
    Ok(Picture::from(&Logo::decode(&bytes)?))
}
