//! `teranga dedupe`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::ensure;
use teranga_core::clock;
use teranga_core::matching::{Mode, Rules};
use teranga_core::person::DateOrder;

use super::join::{self, Weights};
use super::output;
use super::rows::{self, People};
use crate::spreadsheet::columns::Columns;
use crate::spreadsheet::reading;
use crate::spreadsheet::roles::Role;

/// Arguments of `teranga dedupe`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Columns are recognized by their usual names in English, French and Portuguese; name one with a flag where they differ.
Dates may be ISO (1990-05-01), day first (01/05/1990), compact (19900501), a year, or an age. Whether the day or the month
comes first is decided by the whole column; where every date could be both, the day comes first.
The output has left_id, right_id, similarity (the published weights), probability, decision, veto and explanation. A cell
that a spreadsheet would run as a formula gets an apostrophe in front.
Nothing is sent anywhere. A row that cannot be read is reported with its line number and left out.")]
pub struct Args {
    /// The spreadsheet, as CSV
    people: PathBuf,
    /// Link to this second spreadsheet instead of looking for duplicates in the first
    #[arg(long, value_name = "CSV")]
    against: Option<PathBuf>,
    /// File for the pairs
    #[arg(long, default_value = "pairs.csv")]
    out: PathBuf,
    /// Say for each pair how each field contributed
    #[arg(long)]
    explain: bool,
    /// Weights: learnt on the file itself, or those that are shipped
    #[arg(long, value_enum, default_value_t = Weights::Learnt)]
    model: Weights,
    /// Let the published similarity decide instead of the probability
    #[arg(long)]
    published: bool,
    /// Order of day and month, if the column does not show it
    #[arg(long, value_enum)]
    date_order: Option<Order>,
    #[command(flatten)]
    columns: ColumnFlags,
}

/// Which of day and month comes first.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Order {
    /// 31/12/1990
    DayFirst,
    /// 12/31/1990
    MonthFirst,
}

/// Flags that name a column.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Columns")]
pub struct ColumnFlags {
    /// Column of the row's own id [default: id, or the line number]
    #[arg(long, value_name = "NAME")]
    id_column: Option<String>,
    /// Column of given names
    #[arg(long, value_name = "NAME")]
    given_column: Option<String>,
    /// Column of family names
    #[arg(long, value_name = "NAME")]
    family_column: Option<String>,
    /// Column of the whole name, where there is one column for both
    #[arg(long, value_name = "NAME")]
    name_column: Option<String>,
    /// Column of the date of birth, year of birth or age
    #[arg(long, value_name = "NAME")]
    birth_column: Option<String>,
    /// Column of the sex
    #[arg(long, value_name = "NAME")]
    sex_column: Option<String>,
    /// Column of the country code
    #[arg(long, value_name = "NAME")]
    country_column: Option<String>,
    /// Column of the region
    #[arg(long, value_name = "NAME")]
    region_column: Option<String>,
    /// Column of the district
    #[arg(long, value_name = "NAME")]
    district_column: Option<String>,
    /// Column of the commune
    #[arg(long, value_name = "NAME")]
    commune_column: Option<String>,
    /// Column of the village or quarter
    #[arg(long, value_name = "NAME")]
    village_column: Option<String>,
    /// Column of the phone number
    #[arg(long, value_name = "NAME")]
    phone_column: Option<String>,
    /// Column of the mother's name
    #[arg(long, value_name = "NAME")]
    mother_column: Option<String>,
    /// Column of the household
    #[arg(long, value_name = "NAME")]
    household_column: Option<String>,
    /// Column of an identifier that another system gave; may be repeated
    #[arg(long, value_name = "NAME[=SYSTEM]")]
    external_id_column: Vec<String>,
}

impl Order {
    /// As dates are read.
    pub fn into_order(self) -> DateOrder {
        match self {
            Self::DayFirst => DateOrder::DayFirst,
            Self::MonthFirst => DateOrder::MonthFirst,
        }
    }
}

impl ColumnFlags {
    /// Columns of external identifiers, `COLUMN` or `COLUMN=SYSTEM`.
    pub fn identifiers(&self) -> &[String] {
        &self.external_id_column
    }

    /// The columns that were named.
    pub fn roles(&self) -> Vec<(Role, &str)> {
        let flags = [
            (Role::Id, &self.id_column),
            (Role::Given, &self.given_column),
            (Role::Family, &self.family_column),
            (Role::FullName, &self.name_column),
            (Role::Birth, &self.birth_column),
            (Role::Sex, &self.sex_column),
            (Role::Country, &self.country_column),
            (Role::Region, &self.region_column),
            (Role::District, &self.district_column),
            (Role::Commune, &self.commune_column),
            (Role::Village, &self.village_column),
            (Role::Phone, &self.phone_column),
            (Role::Mother, &self.mother_column),
            (Role::Household, &self.household_column),
        ];
        flags
            .into_iter()
            .filter_map(|(role, flag)| Some((role, flag.as_deref()?)))
            .collect()
    }
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let output = output::open(&args.out)?;
    let left = read(&args, &args.people)?;
    let right = args.against.as_ref().map(|path| read(&args, path)).transpose()?;
    let mode = if args.published {
        Mode::Published
    } else {
        Mode::Probability
    };
    let rules = Rules {
        mode,
        ..Rules::default()
    };
    let joined = join::join(left, right, args.model, &rules);
    output::write(output, &joined, args.explain)?;
    output::summarize(&joined, &args.out);
    Ok(ExitCode::SUCCESS)
}

/// Reads one file and reports its faults.
fn read(args: &Args, path: &Path) -> anyhow::Result<People> {
    let table = reading::table(path)?;
    let columns = Columns::find(
        &table.headers,
        &args.columns.roles(),
        &args.columns.external_id_column,
    )?;
    let order = args.date_order.map(Order::into_order);
    let people = rows::people(table, &columns, order, clock::today());
    output::report_faults(path, &people.faults);
    ensure!(
        !people.prepared.is_empty(),
        "{} has no row that can be read",
        path.display()
    );
    Ok(people)
}
