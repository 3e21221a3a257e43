//! What the routes of DHIS2 take and give.

use serde::{Deserialize, Serialize};
use teranga_core::guard::{Category, Guard};
use teranga_core::sensitive::Sensitive;
use utoipa::{IntoParams, ToSchema};

use super::client::{Attribute, Program};
use super::mapping::{self, CardField, Mappings};
use super::programme::Programme;
use crate::input::{Faults, Validate};

/// A DHIS2 server to connect to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestConnection {
    /// Its address, over https.
    #[schema(example = "https://dhis2.example", max_length = 500)]
    pub url: String,
    /// The account's username.
    #[schema(example = "teranga-reader", max_length = 200)]
    pub username: Option<String>,
    /// Its password.
    #[schema(value_type = Option<String>, example = "correct horse battery", max_length = 500)]
    #[serde(default, deserialize_with = "withheld")]
    pub password: Option<Sensitive<String>>,
    /// A personal access token instead of both, best one that may GET only.
    #[schema(value_type = Option<String>, max_length = 500)]
    #[serde(default, deserialize_with = "withheld")]
    pub token: Option<Sensitive<String>>,
    /// Whether the server lies in a private network and may be asked over plain http. Only a platform-admin may say so.
    #[serde(default)]
    pub own_network: bool,
    /// Milliseconds between two questions.
    #[serde(default = "fifty")]
    #[schema(minimum = 0, maximum = 10_000, default = 50)]
    pub pause_ms: u32,
    /// People on a page.
    #[serde(default = "page_size")]
    #[schema(minimum = 10, maximum = 2_000, default = 250)]
    pub page_size: u32,
    /// Hours (UTC) in which no scheduled sync begins: from, until.
    #[schema(example = json!([7, 18]))]
    pub quiet_hours: Option<(u8, u8)>,
}

fn withheld<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Sensitive<String>>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Sensitive::new))
}

fn fifty() -> u32 {
    50
}

fn page_size() -> u32 {
    250
}

impl Validate for TestConnection {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.url, 500, "/url");
        let basic = self.username.is_some() && self.password.is_some();
        let one_way = basic != self.token.is_some();
        faults.demand(
            one_way,
            "/username",
            "a username with its password, or a token, and not both",
        );
        if let Some(username) = &self.username {
            faults.demand_text(username, 200, "/username");
        }
        for (secret, pointer) in [(&self.password, "/password"), (&self.token, "/token")] {
            let fits = secret
                .as_ref()
                .is_none_or(|one| (1..=500).contains(&one.reveal().len()));
            faults.demand(fits, pointer, "1 to 500 characters");
        }
        faults.demand(self.pause_ms <= 10_000, "/pause_ms", "0 to 10000");
        faults.demand((10..=2_000).contains(&self.page_size), "/page_size", "10 to 2000");
        let hours = self
            .quiet_hours
            .is_none_or(|(from, until)| from < 24 && until < 24);
        faults.demand(hours, "/quiet_hours", "two hours of the day, 0 to 23");
    }
}

/// A connection that works.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Connected {
    /// connected
    #[schema(example = "connected")]
    pub status: &'static str,
    /// The server's version.
    #[schema(example = "2.42.4.1")]
    pub dhis2_version: String,
    /// The server's clock.
    #[schema(example = "2026-11-23T02:30:14.573")]
    pub server_date: String,
    /// Tracker programs that the account may see.
    #[schema(example = 2)]
    pub programmes_available: usize,
    /// What an administrator should know: that the account could write, for one.
    pub warnings: Vec<String>,
}

/// A program of the DHIS2 server.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgrammeView {
    /// Its UID.
    #[schema(example = "bbXEAJVOUDi")]
    pub uid: String,
    /// Its code.
    #[schema(example = "MMD_PRG_PEV")]
    pub code: String,
    /// Its name.
    #[schema(example = "PEV Vaccination")]
    pub name: String,
    /// Whether the account could write to it. It never does.
    pub could_write: bool,
    /// Why being in it is sensitive by itself.
    pub sensitive: Option<String>,
    /// How it is read; nothing before its attributes are mapped.
    pub schedule: Option<ScheduleView>,
    /// Its attributes.
    pub attributes: Vec<AttributeView>,
    /// Mapped attributes that are called otherwise by now, or are gone.
    pub drift: Vec<String>,
}

/// An attribute of a program's people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttributeView {
    /// Its UID.
    #[schema(example = "ekLOUhNcu6b")]
    pub uid: String,
    /// Its code.
    #[schema(example = "MMD_PER_NAM")]
    pub code: String,
    /// Its name.
    #[schema(example = "Prénom(s)")]
    pub display_name: String,
    /// TEXT, DATE, PHONE_NUMBER, ...
    #[schema(example = "TEXT")]
    pub value_type: String,
    /// Whether everyone has one.
    pub mandatory: bool,
    /// Why it is sensitive.
    pub sensitive: Option<String>,
    /// What it is mapped to.
    #[schema(example = "first_name")]
    pub card_field: Option<String>,
    /// What it is probably for.
    #[schema(example = "first_name")]
    pub suggestion: Option<String>,
}

/// How a program is read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduleView {
    /// Its UID.
    #[schema(example = "bbXEAJVOUDi")]
    pub programme_uid: String,
    /// Minutes between two syncs.
    #[schema(example = 60)]
    pub interval_minutes: i32,
    /// Whether it is read by the clock.
    pub enabled: bool,
    /// When it is read next, in milliseconds since 1970.
    pub due: Option<i64>,
    /// When everything was last compared.
    pub reconciled: Option<i64>,
}

impl From<&Programme> for ScheduleView {
    fn from(programme: &Programme) -> Self {
        Self {
            programme_uid: programme.uid.clone(),
            interval_minutes: programme.interval_minutes,
            enabled: programme.enabled,
            due: programme.due,
            reconciled: programme.reconciled,
        }
    }
}

impl ProgrammeView {
    /// A program as it is there, beside what is kept of it here.
    pub(super) fn of(guard: &Guard, found: &Program, kept: Option<(&Programme, &Mappings)>) -> Self {
        let attribute = |one: &Attribute| AttributeView {
            uid: one.uid.clone(),
            code: one.code.clone(),
            display_name: one.name.clone(),
            value_type: one.value_type.clone(),
            mandatory: one.mandatory,
            sensitive: mapping::findings(guard, one).first().map(ToString::to_string),
            card_field: kept
                .and_then(|(_, mappings)| mappings.get(&one.uid))
                .map(|mapped| mapped.field.to_string()),
            suggestion: mapping::suggestion(guard, one).map(|field| field.to_string()),
        };
        Self {
            uid: found.uid.clone(),
            code: found.code.clone(),
            name: found.name.clone(),
            could_write: found.can_write,
            sensitive: mapping::program_findings(guard, found)
                .first()
                .map(ToString::to_string),
            schedule: kept.map(|(programme, _)| programme.into()),
            attributes: found.attributes.iter().map(attribute).collect(),
            drift: kept.map_or_else(Vec::new, |(_, mappings)| mapping::drift(mappings, found)),
        }
    }
}

/// What the attributes of a program become.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignCodes {
    /// The program's UID.
    #[schema(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
    /// The mappings; they take the place of earlier ones.
    #[schema(min_items = 1, max_items = 200)]
    pub mappings: Vec<MappingForm>,
}

/// What an attribute becomes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingForm {
    /// The attribute's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "MMD_PER_NAM", max_length = 230)]
    pub dhis2_attribute_code: Option<String>,
    /// Its display name, where it has no code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 230)]
    pub dhis2_attribute_display_name: Option<String>,
    /// first_name, last_name, full_name, date_of_birth, sex, phone, mother_name, household, region, district, commune,
    /// village, external_id, kept, or a name of your own.
    #[schema(example = "first_name", max_length = 40)]
    pub card_field: String,
}

impl AssignCodes {
    /// Attributes by what they are called, and their fields.
    pub(super) fn wanted(&self) -> Vec<(String, CardField)> {
        let of_one = |one: &MappingForm| {
            let called = one
                .dhis2_attribute_code
                .as_ref()
                .or(one.dhis2_attribute_display_name.as_ref())?;
            Some((called.clone(), one.card_field.parse().ok()?))
        };
        self.mappings.iter().filter_map(of_one).collect()
    }
}

impl Validate for AssignCodes {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "/programme_uid");
        faults.demand(
            (1..=200).contains(&self.mappings.len()),
            "/mappings",
            "1 to 200 mappings",
        );
        for (at, one) in self.mappings.iter().enumerate() {
            let called = [&one.dhis2_attribute_code, &one.dhis2_attribute_display_name];
            let is_one = called.iter().filter(|name| name.is_some()).count() == 1;
            faults.demand(
                is_one,
                &format!("/mappings/{at}"),
                "the attribute's code or its display name, and not both",
            );
            let field = one.card_field.parse::<CardField>();
            let said = field.as_ref().err().map(ToString::to_string).unwrap_or_default();
            faults.demand(field.is_ok(), &format!("/mappings/{at}/card_field"), &said);
        }
    }
}

fn demand_uid(faults: &mut Faults, uid: &str, pointer: &str) {
    let fits = uid.len() == 11 && uid.bytes().all(|byte| byte.is_ascii_alphanumeric());
    faults.demand(fits, pointer, "11 letters and digits, as DHIS2 writes a UID");
}

/// How often a program is read.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncSchedule {
    /// The program's UID.
    #[schema(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
    /// 10, 15, 30, 60 or 180.
    #[schema(example = 60)]
    pub interval_minutes: i32,
    /// Whether it is read by the clock.
    pub enabled: bool,
}

impl Validate for SyncSchedule {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "/programme_uid");
        let known = [10, 15, 30, 60, 180].contains(&self.interval_minutes);
        faults.demand(known, "/interval_minutes", "10, 15, 30, 60 or 180");
    }
}

/// A sync at once.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunNow {
    /// The program's UID.
    #[schema(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
    /// Read everyone, and not only who changed.
    #[serde(default)]
    pub everything: bool,
    /// Read who changed since then, on the DHIS2 server's clock, instead of since the last sync.
    #[schema(example = "2026-11-01T00:00:00.000", max_length = 23)]
    pub since: Option<String>,
    /// Let go of whoever is not listed any more, even if they are many.
    #[serde(default)]
    pub confirmed: bool,
}

impl Validate for RunNow {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "/programme_uid");
        let is_time = |text: &String| text.parse::<jiff::civil::DateTime>().is_ok() && text.len() <= 23;
        faults.demand(
            self.since.as_ref().is_none_or(is_time),
            "/since",
            "a day and time such as 2026-11-01T00:00:00.000",
        );
        faults.demand(
            !(self.everything && self.since.is_some()),
            "/since",
            "either everything or changes since a time",
        );
    }
}

/// A program, or none: all.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfProgramme {
    /// The program's UID.
    #[param(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
}

impl Validate for OfProgramme {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "?programme_uid");
    }
}

/// Which syncs.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SyncsQuery {
    /// The program's UID.
    #[param(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
    /// Only those before this one.
    #[serde(default = "last")]
    #[param(minimum = 1, maximum = 9_000_000_000_000_000i64)]
    pub before: i64,
    /// Most syncs, 1 to 100.
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
}

fn last() -> i64 {
    9_000_000_000_000_000
}

fn twenty() -> u32 {
    20
}

impl Validate for SyncsQuery {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "?programme_uid");
        faults.demand((1..=100).contains(&self.limit), "?limit", "1 to 100");
        faults.demand((1..=last()).contains(&self.before), "?before", "a sync");
    }
}

/// Which enrollments.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnrollmentsQuery {
    /// The program's UID.
    #[param(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
    /// Only linked, review, alert, new or refused.
    #[param(example = "refused", max_length = 20)]
    pub outcome: Option<String>,
    /// Only after this enrollment.
    #[serde(default)]
    #[param(max_length = 11)]
    pub after: String,
    /// Most enrollments, 1 to 1000.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    pub limit: u32,
}

fn hundred() -> u32 {
    100
}

impl Validate for EnrollmentsQuery {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "?programme_uid");
        let known = ["linked", "review", "alert", "new", "refused"];
        let fits = self.outcome.as_deref().is_none_or(|one| known.contains(&one));
        faults.demand(fits, "?outcome", "linked, review, alert, new or refused");
        let is_uid = self.after.len() <= 11 && self.after.bytes().all(|byte| byte.is_ascii_alphanumeric());
        faults.demand(is_uid, "?after", "an enrollment");
        faults.demand((1..=1000).contains(&self.limit), "?limit", "1 to 1000");
    }
}

/// Words for the guard.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardWord {
    /// hiv, sti, tuberculosis, mental-health, serological, biometric or financial.
    #[schema(value_type = String, example = "tuberculosis")]
    pub category: Category,
    /// Words in small letters without accents; a star ends the beginning of one.
    #[schema(example = "kpoke gnon", max_length = 100)]
    pub pattern: String,
}

impl Validate for GuardWord {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.pattern, 100, "/pattern");
        let said = Guard::default().add(self.category, &self.pattern);
        let detail = said.err().map(|error| error.to_string()).unwrap_or_default();
        faults.demand(detail.is_empty(), "/pattern", &detail);
    }
}

/// Cards of a program's enrollments.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GenerateCards {
    /// The program's UID.
    #[schema(example = "bbXEAJVOUDi", min_length = 11, max_length = 11)]
    pub programme_uid: String,
    /// The template's name.
    #[serde(default = "sovereign")]
    #[schema(example = "sovereign", max_length = 40, default = "sovereign")]
    pub template: String,
    /// Dots per inch of pictures: 300, 450 or 600.
    #[serde(default = "three_hundred")]
    #[schema(minimum = 300, maximum = 600, default = 300)]
    pub dpi: u32,
    /// Whether the MPI id stands on cards whose template lets one choose.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub include_mpi_id: bool,
    /// Whose cards; absent: everyone's.
    #[serde(default)]
    pub enrollment_filter: EnrollmentFilter,
}

/// Whose cards are made.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrollmentFilter {
    /// Enrolled on this day or later.
    #[schema(value_type = Option<String>, format = Date, example = "2024-01-01")]
    pub enrollment_date_from: Option<jiff::civil::Date>,
    /// Enrolled at this organisation unit or below it.
    #[schema(example = "WNrVEE4G7An", min_length = 11, max_length = 11)]
    pub org_unit: Option<String>,
}

const fn three_hundred() -> u32 {
    300
}

const fn yes() -> bool {
    true
}

impl Validate for GenerateCards {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.programme_uid, "/programme_uid");
        let known = teranga_render::template::names().any(|name| name == self.template);
        faults.demand(
            known,
            "/template",
            "the name of a template, such as sovereign or emerald",
        );
        faults.demand([300, 450, 600].contains(&self.dpi), "/dpi", "300, 450 or 600");
        if let Some(unit) = &self.enrollment_filter.org_unit {
            demand_uid(faults, unit, "/enrollment_filter/org_unit");
        }
    }
}

/// Which card to look at.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// The enrollment's UID.
    #[param(example = "laLy7xhmsp8", min_length = 11, max_length = 11)]
    pub enrollment_id: String,
    /// The template's name.
    #[serde(default = "sovereign")]
    #[param(example = "sovereign", max_length = 40, default = "sovereign")]
    pub template: String,
}

fn sovereign() -> String {
    "sovereign".to_owned()
}

impl Validate for PreviewQuery {
    fn check(&self, faults: &mut Faults) {
        demand_uid(faults, &self.enrollment_id, "?enrollment_id");
        let known = teranga_render::template::names().any(|name| name == self.template);
        faults.demand(
            known,
            "?template",
            "the name of a template, such as sovereign or emerald",
        );
    }
}

/// The connection, its circuit breaker and how the programs stand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatusView {
    /// The server's address.
    #[schema(example = "https://dhis2.example")]
    pub url: String,
    /// The version that was met last.
    #[schema(example = "2.42.4.1")]
    pub dhis2_version: String,
    /// Programs that the account could write to. It never does.
    pub could_write: u32,
    /// closed, open or half-open.
    #[schema(example = "closed")]
    pub circuit: &'static str,
    /// Why the circuit is open.
    pub circuit_reason: Option<String>,
    /// Until when nothing is asked, in milliseconds since 1970.
    pub circuit_until: Option<i64>,
    /// The programs that are read.
    pub programmes: Vec<ProgrammeStatus>,
}

/// How a program stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProgrammeStatus {
    /// How it is read.
    #[serde(flatten)]
    pub schedule: ScheduleView,
    /// Its name.
    #[schema(example = "PEV Vaccination")]
    pub name: String,
    /// The last sync.
    pub last: Option<super::sync::Run>,
}

/// The secret of the webhook.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookSecret {
    /// The header in which DHIS2 sends it.
    #[schema(example = "x-webhook-secret")]
    pub header: &'static str,
    /// The secret; it is shown once.
    pub secret: String,
}
