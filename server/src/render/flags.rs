//! What the command takes.

use std::path::PathBuf;

use jiff::civil::Date;

use crate::keys::master::MasterKeySource;
use crate::spreadsheet::roles::Role;

/// Arguments of `teranga render`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The spreadsheet may have any encoding and delimiter; columns are recognized by their usual names in English, French and
Portuguese. With --campaign every row gets a new card, signed with the campaign's key; a row needs an MPI id, or draws one
with --new-ids. Without --campaign the file has a column `qr` with the texts of cards that were signed elsewhere.

In the folder appear, when all is complete: cards/ with pictures, cards.pdf, cards.zip, and cards.csv, the records of the
cards: keep it, `teranga bundle build --cards` needs it. refused.csv names the lines that have no card, with the reason.
The archive has the pictures, a cards.csv that names no person, and SHA256SUMS.

Exit status: 0 when every row has its card, 1 when rows were refused, 2 when nothing was made.")]
pub struct Args {
    /// The people, as CSV
    #[arg(long, value_name = "CSV", required_unless_present_any = ["list", "preview"])]
    pub data: Option<PathBuf>,
    /// Folder for what is made
    #[arg(long, value_name = "FOLDER", required_unless_present = "list")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub design: DesignFlags,
    #[command(flatten)]
    pub output: OutputFlags,
    #[command(flatten)]
    pub signing: SigningFlags,
    #[command(flatten)]
    pub columns: ColumnFlags,
    /// Draw one card, the first row's or a specimen, and nothing else
    #[arg(long)]
    pub preview: bool,
    /// List the templates
    #[arg(long)]
    pub list: bool,
    /// Replace the cards that an earlier run left in the folder
    #[arg(long)]
    pub replace: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What cards look like.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Design")]
pub struct DesignFlags {
    /// Name of the template; --list shows them
    #[arg(long, value_name = "NAME")]
    pub template: Option<String>,
    /// Changes to the template: colors, words, sizes, fields; TOML or JSON
    #[arg(long = "design", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A logo, PNG, JPEG or SVG; up to three
    #[arg(long, value_name = "FILE")]
    pub logo: Vec<PathBuf>,
    /// Public name of the programme [default: the file's column, else the campaign]
    #[arg(long, value_name = "TEXT")]
    pub programme: Option<String>,
    /// A column that is printed, with its label; up to four [default: name, birth, sex and place]
    #[arg(long, value_name = "[LABEL=]COLUMN")]
    pub attribute: Vec<String>,
}

/// Which sides are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sides {
    /// The one with the name
    Front,
    /// The other
    Back,
    /// Both
    Both,
}

/// Paper with several cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SheetSize {
    /// 210 × 297 mm
    A4,
}

/// Around which edge the printer turns a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Edge {
    /// As books are printed
    Long,
    /// As calendars are printed
    Short,
}

/// What is made of them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// A PDF, front and back a card
    #[arg(long)]
    pub pdf: bool,
    /// An archive of pictures with checksums
    #[arg(long)]
    pub zip: bool,
    /// Pictures as files, of the first N rows if a number is given [default when neither --pdf nor --zip is given]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "18446744073709551615")]
    pub png: Option<u64>,
    /// Dots per inch of pictures
    #[arg(long, value_parser = ["300", "450", "600"], default_value = "300")]
    pub dpi: String,
    /// Sides to make
    #[arg(long, value_enum, default_value_t = Sides::Both)]
    pub side: Sides,
    /// Print several cards on a sheet, with cut marks, instead of one a page
    #[arg(long, value_enum, requires = "pdf")]
    pub sheet: Option<SheetSize>,
    /// Edge around which the printer turns sheets
    #[arg(long, value_enum, requires = "sheet", default_value_t = Edge::Long)]
    pub duplex: Edge,
    /// Do not read each card's code from its pixels before it counts as made
    #[arg(long)]
    pub no_read_back: bool,
}

/// Who signs, and for how long.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Signing")]
pub struct SigningFlags {
    /// Prefix of the campaign whose key signs the cards
    #[arg(long)]
    pub campaign: Option<String>,
    /// Draw an MPI id for rows that have none, of this country and health region
    #[arg(long, value_name = "COUNTRY-REGION", requires = "campaign")]
    pub new_ids: Option<String>,
    /// Day of issue [default: today]
    #[arg(long, requires = "campaign")]
    pub issued: Option<Date>,
    /// First day on which the cards are no longer valid [default: two years after the issue]
    #[arg(long, requires = "campaign")]
    pub expires: Option<Date>,
    /// Form of the QR text: a link for any camera, or the shortest text
    #[arg(long, value_parser = ["url", "compact"], default_value = "url")]
    pub form: String,
    /// Host of the verification site, for the link
    #[arg(long, default_value = "v.example.org")]
    pub host: String,
    /// Data folder with the keys; `--data` names the people here
    #[arg(
        long,
        env = "TERANGA_DATA",
        default_value = "teranga-data",
        value_name = "FOLDER"
    )]
    pub keys: PathBuf,
    /// The master key
    #[command(flatten)]
    pub master: MasterKeySource,
}

/// Flags that name a column.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Columns")]
pub struct ColumnFlags {
    /// Column of given names
    #[arg(long, value_name = "NAME")]
    given_column: Option<String>,
    /// Column of family names
    #[arg(long, value_name = "NAME")]
    family_column: Option<String>,
    /// Column of the whole name, where there is one column for both
    #[arg(long, value_name = "NAME")]
    name_column: Option<String>,
    /// Column of the MPI id
    #[arg(long, value_name = "NAME")]
    mpi_id_column: Option<String>,
    /// Column of the day of enrollment
    #[arg(long, value_name = "NAME")]
    enrolled_column: Option<String>,
    /// Column of the tracked entity in DHIS2
    #[arg(long, value_name = "NAME")]
    tracked_entity_column: Option<String>,
    /// Column of the programme's name
    #[arg(long, value_name = "NAME")]
    programme_column: Option<String>,
    /// Column of the text of the QR code
    #[arg(long, value_name = "NAME")]
    qr_column: Option<String>,
    /// Column of the code that is printed beside a QR code that was signed elsewhere
    #[arg(long, value_name = "NAME")]
    card_code_column: Option<String>,
    /// Column of the photo's file, PNG or JPEG, beside the spreadsheet or in a folder below
    #[arg(long, value_name = "NAME")]
    photo_column: Option<String>,
}

impl ColumnFlags {
    /// Roles with the columns that were named for them.
    pub fn roles(&self) -> Vec<(Role, &str)> {
        let flags = [
            (Role::Given, &self.given_column),
            (Role::Family, &self.family_column),
            (Role::FullName, &self.name_column),
            (Role::MpiId, &self.mpi_id_column),
            (Role::Enrolled, &self.enrolled_column),
            (Role::TrackedEntity, &self.tracked_entity_column),
            (Role::Programme, &self.programme_column),
            (Role::QrText, &self.qr_column),
            (Role::CardCode, &self.card_code_column),
            (Role::Photo, &self.photo_column),
        ];
        flags
            .into_iter()
            .filter_map(|(role, flag)| Some((role, flag.as_deref()?)))
            .collect()
    }
}
