//! What a run or a lot is made like: kept with it, so that a later change of a design changes no card under way.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use teranga_core::card::text::{Form, Host};
use utoipa::ToSchema;

use super::CampaignError;
use crate::render::flags::{Edge, OutputFlags, SheetSize, Sides};
use crate::studio::DesignForm;

/// Paper with several cards on it, and how the printer turns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sheet {
    /// A4, turned around the long edge, as books are printed.
    A4LongEdge,
    /// A4, turned around the short edge, as calendars are printed.
    A4ShortEdge,
}

/// How cards are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Making {
    /// What they look like.
    pub form: DesignForm,
    /// The row of the kept design whose logos they have.
    pub design: Option<i64>,
    /// Pages.
    pub pdf: bool,
    /// Pictures in an archive.
    pub zip: bool,
    /// Dots per inch of pictures: 300, 450 or 600.
    pub dpi: u32,
    /// Several cards on a sheet; else one a page.
    pub sheet: Option<Sheet>,
    /// Day of issue.
    pub issued: Date,
    /// First day on which they are no longer valid.
    pub expires: Date,
    /// Host of the verification site, for links; none: the compact form.
    pub host: Option<String>,
    /// People in a shard.
    pub shard: u32,
}

impl Making {
    /// Form of the codes' text.
    pub fn text_form(&self) -> Result<Form, CampaignError> {
        match &self.host {
            None => Ok(Form::Compact),
            Some(host) => Host::new(host).map(Form::Url).map_err(|_| {
                CampaignError::Refused("the host of cards has 1 to 32 letters, digits, dots and hyphens")
            }),
        }
    }

    /// The same as `teranga render` takes it.
    pub(super) fn flags(&self) -> OutputFlags {
        OutputFlags {
            pdf: self.pdf,
            zip: self.zip,
            png: Some(0),
            dpi: self.dpi.to_string(),
            side: Sides::Both,
            sheet: self.sheet.map(|_| SheetSize::A4),
            duplex: match self.sheet {
                Some(Sheet::A4ShortEdge) => Edge::Short,
                _ => Edge::Long,
            },
            no_read_back: false,
        }
    }

    /// As it is kept.
    pub(crate) fn text(&self) -> Result<String, CampaignError> {
        serde_json::to_string(self).map_err(|_| CampaignError::Refused("the request cannot be written down"))
    }

    /// From what was kept.
    pub(crate) fn of(text: &str) -> Result<Self, CampaignError> {
        serde_json::from_str(text)
            .map_err(|_| CampaignError::Refused("the run was written down in another form"))
    }
}
