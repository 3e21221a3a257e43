//! What the routes of campaigns take and give.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::quota::Quota;
use super::request::Sheet;
use crate::card::Reason;
use crate::input::{Faults, Validate};
use crate::studio::{DesignForm, Side};

/// A campaign to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CampaignForm {
    /// The program's code.
    #[schema(example = "malaria-2026", max_length = 40)]
    pub(super) program: String,
    /// What it is called by.
    #[schema(example = "nets-2026", max_length = 40)]
    pub(super) code: String,
    /// Its name, as it stands on cards.
    #[schema(example = "Moustiquaires 2026", max_length = 200)]
    pub(super) name: String,
    /// What stands on its cards and in their tokens; one of its own in the organization.
    #[schema(
        example = "MAL26",
        min_length = 2,
        max_length = 8,
        pattern = "^[A-Z0-9]{2,8}$"
    )]
    pub(super) prefix: String,
    /// Its first day.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-01")]
    pub(super) starts: Option<Date>,
    /// Its last day.
    #[schema(value_type = Option<String>, format = Date, example = "2027-03-31")]
    pub(super) ends: Option<Date>,
}

impl Validate for CampaignForm {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.name, 200, "/name");
        faults.demand_text(&self.code, 40, "/code");
        faults.demand_text(&self.program, 40, "/program");
        faults.demand_text(&self.prefix, 8, "/prefix");
    }
}

/// A campaign.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CampaignView {
    /// Its number.
    #[schema(example = 3)]
    pub(super) id: i64,
    /// What it is called by.
    #[schema(example = "nets-2026")]
    pub(super) code: String,
    /// Its name.
    #[schema(example = "Moustiquaires 2026")]
    pub(super) name: String,
    /// What stands on its cards.
    #[schema(example = "MAL26")]
    pub(super) prefix: String,
    /// The program's code.
    #[schema(example = "malaria-2026")]
    pub(super) program: String,
    /// People who get a card.
    pub(super) people: i64,
    /// Of these, those who have one.
    pub(super) with_card: i64,
    /// Of these, those whose last try failed.
    pub(super) refused: i64,
    /// The organization's quota, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quota: Option<Quota>,
}

/// Sex, as people are chosen by it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum SexForm {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Which people of the register get a card. All that is said must hold.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PeopleForm {
    /// They live here: SN, SN/DKR or SN/DKR/Pikine; absent: anywhere.
    #[serde(default)]
    #[schema(example = "SN/DKR", max_length = 100)]
    pub(super) area: String,
    /// Their sex; absent: both.
    #[schema(inline)]
    pub(super) sex: Option<SexForm>,
    /// Born in this year or later.
    #[schema(minimum = 1880, maximum = 2200, example = 1990)]
    pub(super) born_from: Option<i32>,
    /// Born in this year or earlier.
    #[schema(minimum = 1880, maximum = 2200, example = 2026)]
    pub(super) born_to: Option<i32>,
    /// Only who takes part in the campaign's program.
    #[serde(default)]
    pub(super) enrolled: bool,
    /// Only who came with an import, by its number.
    #[schema(minimum = 1)]
    pub(super) import: Option<i64>,
    /// Only these MPI ids, at most 10,000.
    #[serde(default)]
    #[schema(max_items = 10_000, example = json!([]))]
    pub(super) mpi_ids: Vec<String>,
}

impl Validate for PeopleForm {
    fn check(&self, faults: &mut Faults) {
        faults.demand(
            self.area.parse::<crate::access::Area>().is_ok(),
            "/area",
            "a country, a region or a district, such as SN, SN/DKR or SN/DKR/Pikine; nothing: everywhere",
        );
        faults.demand(self.mpi_ids.len() <= 10_000, "/mpi_ids", "at most 10,000");
        let is_year = |year: Option<i32>| year.is_none_or(|year| (1880..=2200).contains(&year));
        faults.demand(is_year(self.born_from), "/born_from", "a year from 1880 to 2200");
        faults.demand(is_year(self.born_to), "/born_to", "a year from 1880 to 2200");
        faults.demand(
            self.import.is_none_or(|import| import > 0),
            "/import",
            "the number of an import",
        );
    }
}

/// People who were added.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct AddedView {
    /// People who were not in the campaign yet, so far.
    #[schema(example = 1200)]
    pub(super) added: u64,
    /// More are being added by a job; the campaign's own view counts them.
    pub(super) more: bool,
}

/// How cards are made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MakingForm {
    /// A kept design, by its code. Without it, `form` says what cards look like.
    #[schema(max_length = 40)]
    pub(crate) design: Option<String>,
    /// What cards look like, where no design is named; absent: the template `classic` as it comes.
    pub(crate) form: Option<DesignForm>,
    /// Pages, as PDF.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(crate) pdf: bool,
    /// Pictures in an archive, as ZIP.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(crate) zip: bool,
    /// Dots per inch of pictures: 300, 450 or 600.
    #[serde(default = "usual_dpi")]
    #[schema(minimum = 300, maximum = 600, default = 300)]
    pub(crate) dpi: u32,
    /// Several cards on a sheet; absent: one a page.
    #[schema(inline)]
    pub(crate) sheet: Option<Sheet>,
    /// First day on which the cards are no longer valid; absent: two years after today.
    #[schema(value_type = Option<String>, format = Date, example = "2099-01-01")]
    pub(crate) expires: Option<Date>,
    /// Host of the verification site, for the link in the code; absent: the server's own, or the compact form.
    #[schema(max_length = 32, example = "v.example.org")]
    pub(crate) host: Option<String>,
    /// People in a shard, each of which has files of its own.
    #[serde(default = "usual_shard")]
    #[schema(minimum = 100, maximum = 10_000, default = 2_000)]
    pub(crate) shard: u32,
}

const fn yes() -> bool {
    true
}

const fn usual_dpi() -> u32 {
    300
}

const fn usual_shard() -> u32 {
    2_000
}

impl Validate for MakingForm {
    fn check(&self, faults: &mut Faults) {
        faults.demand([300, 450, 600].contains(&self.dpi), "/dpi", "300, 450 or 600");
        faults.demand((100..=10_000).contains(&self.shard), "/shard", "100 to 10,000");
        faults.demand(self.pdf || self.zip, "/pdf", "pages or an archive, or both");
        faults.demand(
            self.design.is_none() || self.form.is_none(),
            "/form",
            "either the code of a kept design, or what cards look like",
        );
    }
}

/// Which files of a run.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FilesQuery {
    /// Only after this one, by its number: a thousand are listed at once.
    #[serde(default)]
    #[param(minimum = 0, maximum = 9_000_000_000_000_000i64)]
    pub(crate) after: i64,
}

impl Validate for FilesQuery {}

/// What a card is previewed with.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PreviewQuery {
    /// A kept design, by its code; absent: that of the campaign's last run, or the template `classic`.
    #[param(max_length = 40)]
    pub(super) design: Option<String>,
    /// Which side.
    #[serde(default)]
    #[param(inline)]
    pub(super) side: Side,
    /// A person of the register whose data it shows; nobody's where absent.
    #[param(max_length = 24, example = "SN-DKR-26-9XQ7LM2A")]
    pub(super) mpi_id: Option<String>,
}

impl Validate for PreviewQuery {}

/// A person whose card could not be made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Fault {
    /// Their MPI id.
    #[schema(example = "SN-DKR-26-9XQ7LM2A")]
    pub(super) mpi_id: Option<String>,
    /// Why.
    pub(super) reason: String,
}

/// Why a card is revoked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonForm {
    /// lost, stolen, damaged, replaced, mistake, deceased or asked.
    #[schema(example = "lost", max_length = 20)]
    pub(crate) reason: String,
}

impl Validate for ReasonForm {
    fn check(&self, faults: &mut Faults) {
        faults.demand(
            self.reason.parse::<Reason>().is_ok(),
            "/reason",
            "lost, stolen, damaged, replaced, mistake, deceased or asked",
        );
    }
}

/// A person's card.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CardView {
    /// Its number.
    #[schema(example = 812)]
    pub(super) id: i64,
    /// The campaign's prefix.
    #[schema(example = "MAL26")]
    pub(super) campaign: String,
    /// valid, revoked or expired.
    #[schema(example = "valid")]
    pub(super) status: &'static str,
    /// The day of its issue.
    #[schema(example = "2026-11-25")]
    pub(super) issued: Option<String>,
    /// The first day on which it is no longer valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2028-11-25")]
    pub(super) expires: Option<String>,
    /// The day on which it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revoked: Option<String>,
    /// Why it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revoked_for: Option<String>,
    /// The number of the card that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replaced_by: Option<i64>,
}

/// What became of a revocation or a re-issue.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct CardChanged {
    /// The number of the card that counts now: the new one's after a re-issue.
    #[schema(example = 813)]
    pub(super) id: i64,
    /// Whether anything changed: a card that was revoked before keeps its first day and reason.
    pub(super) changed: bool,
}
