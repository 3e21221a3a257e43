//! `teranga phone`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::open::Place;
use super::work::Form;
use super::{show, work};

/// Arguments of `teranga phone`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A day in the field:
  teranga phone enroll 'TRGE1:...' --user 7 --pin 480274     with the ticket that a supervisor shows
  teranga phone sync                                         lists, people, reserved ids
  teranga phone --user 7 --pin 480274 scan card.png          offline from here
  teranga phone --user 7 --pin 480274 register --given Awa --family Ndiaye --birth 1990-05-17 --sex female
  teranga phone sync                                         sends what waits

The PIN is better given in TERANGA_PHONE_PIN than on the command line, where others can read it. The key that a phone
keeps in its hardware lies in the file `platform` here: this phone is as safe as the folder that it lies in.

Exit status: 0 done, 2 not done, and of `scan` and `typed` that of `teranga verify`.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make this folder a device of an organization, and choose the first user's PIN
    Enroll {
        /// The text of the ticket's QR code
        ticket: String,
        #[command(flatten)]
        network: work::NetworkArgs,
    },
    /// Say how the phone is; needs no PIN
    Status,
    /// List who may use the phone and who has a PIN; needs no PIN
    Users,
    /// Give a user a PIN, or yourself another one
    GivePin {
        /// The user's number
        user: u64,
        /// The new PIN
        #[arg(long, env = "TERANGA_PHONE_NEW_PIN", hide_env_values = true)]
        new_pin: String,
    },
    /// Read the card on a photo, or the text of one, and say whether it is genuine
    Scan {
        /// A PNG or JPEG file, or the text of a card
        card: String,
        #[command(flatten)]
        post: work::PostArgs,
    },
    /// The same for a card code or MPI id that was typed
    Typed {
        /// As it is printed
        number: String,
        #[command(flatten)]
        post: work::PostArgs,
    },
    /// Find people of the area by name, year of birth, place, number or card
    Find {
        /// Words of the name, an MPI id, a card code, or the text of a card
        #[arg(default_value = "")]
        words: String,
        /// Year of birth
        #[arg(long)]
        born: Option<i16>,
        /// Village, commune or district
        #[arg(long, default_value = "")]
        place: String,
        /// Most answers
        #[arg(long, default_value_t = 10)]
        most: usize,
    },
    /// Register a person; shows who could be the same, and with --force registers all the same
    Register(Box<Form>),
    /// Note that a card's holder was served
    Serve {
        /// A photo of the card, or its text
        card: String,
        /// The program's number
        #[arg(long)]
        program: u64,
        /// The round, in the program's own word
        #[arg(long)]
        round: String,
    },
    /// Give a blank card to a person
    Bind {
        /// A photo of the blank card, or its text
        card: String,
        /// The person's MPI id
        #[arg(long)]
        to: String,
    },
    /// Send what waits and fetch what is new; needs no PIN
    Sync {
        #[command(flatten)]
        network: work::NetworkArgs,
    },
    /// Pack what waits into a file, for another phone to carry; needs no PIN
    Pack {
        /// The file that is written
        parcel: PathBuf,
    },
    /// Deliver what another phone packed, and write what goes back to it
    Deliver {
        /// What the other phone packed
        parcel: PathBuf,
        /// The file that is written
        answers: PathBuf,
        #[command(flatten)]
        network: work::NetworkArgs,
    },
    /// Take what came back by way of another phone; needs no PIN
    Take {
        /// What the carrier was given
        answers: PathBuf,
    },
    /// List what was done here and what the server said to it
    Records,
    /// Destroy everything in the folder that belongs to the phone
    Wipe {
        /// Do it
        #[arg(long, required = true)]
        yes: bool,
    },
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { place, command } = args;
    let say = show::Say { json: place.json };
    match command {
        Command::Enroll { ticket, network } => work::enroll(&place, &ticket, &network, say),
        Command::Status => say.status(&place.engine()?.status()?),
        Command::Users => work::users(&place, say),
        Command::GivePin { user, new_pin } => work::give_pin(&place, user, new_pin, say),
        Command::Scan { card, post } => work::scan(&place, &card, &post, say),
        Command::Typed { number, post } => work::typed(&place, &number, &post, say),
        Command::Find {
            words,
            born,
            place: village,
            most,
        } => work::find(&place, (&words, born, &village), most, say),
        Command::Register(form) => work::register(&place, &form, say),
        Command::Serve { card, program, round } => work::serve(&place, &card, (program, round), say),
        Command::Bind { card, to } => work::bind(&place, &card, &to, say),
        Command::Sync { network } => work::sync(&place, &network, say),
        Command::Pack { parcel } => work::pack(&place, &parcel, say),
        Command::Deliver {
            parcel,
            answers,
            network,
        } => work::deliver(&place, (&parcel, &answers), &network, say),
        Command::Take { answers } => work::take(&place, &answers, say),
        Command::Records => say.records(&place.unlocked()?.records()?),
        Command::Wipe { yes: _ } => {
            place.engine()?.wipe()?;
            say.done("wiped", "Everything of this phone is destroyed.")
        }
    }
}

/// Where a phone lies when nothing is said.
pub(super) fn default_folder() -> PathBuf {
    PathBuf::from("phone")
}
