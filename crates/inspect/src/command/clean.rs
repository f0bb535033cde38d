//! `clean`: removes what is certainly dead, and says of each object why it is or is not.
//!
//! Certain is: ours, by owner; an exchange, by its magic; nobody has it; nothing in it is
//! unread. What is looked at may change before it is removed. So an exchange is not simply
//! taken away: it is closed as its last reader would close it, with the reader's role and a
//! second look (`handoff_shm::tidy`), which loses to whoever came meanwhile. Only a segment
//! without a key, to which nobody finds, is removed by its id.
//!
//! | module | owns |
//! |---|---|
//! | [`verdict`] | what is kept, and why |
//! | [`exchange`] | closing and removing an exchange |
//! | [`socket`] | names of sockets at which nobody answers |

mod exchange;
mod socket;
mod verdict;

use handoff_cli::{Exit, Failure};
use handoff_shm::file::File;
use handoff_shm::posix::Posix;
use handoff_shm::sysv::{self, Sysv};
use handoff_shm::{DEFAULT_SLOTS, Key, Kind, shrunk};

use crate::args::CleanArgs;
use crate::facts::exchange::Contents;
use crate::facts::holders::Holders;
use crate::facts::named::{self, Named};
use crate::facts::segment::{self, Segment};
use crate::print::{self, count, failure};
use crate::target::default_key;
use exchange::Judged;
use verdict::{Fate, Verdict};

pub(crate) fn run(args: &CleanArgs) -> Result<Exit, Failure> {
    // What is removed is mapped before, as writer and reader map it.
    shrunk::end_for("inspect").map_err(|error| Failure::of("cannot handle SIGBUS", error))?;
    let holders = Holders::scan();
    let mut verdicts = Vec::new();
    for segment in segment::all().map_err(failure::of_sysv)? {
        let kept = verdict::on_segment(&segment, args.unread);
        verdicts
            .push(carry_out(args, name(&segment), kept, || remove_segment(&segment, args.unread)));
    }
    for object in named::posix_objects(&holders) {
        verdicts.push(named_object(args, &object, &holders, "POSIX object", &Posix));
    }
    for object in named::files_of_ours(&holders) {
        let kind = File { path: Some(object.path.clone()) };
        verdicts.push(named_object(args, &object, &holders, "file", &kind));
    }
    verdicts.extend(socket::all(args.dry_run));
    report(args, &verdicts)
}

fn name(segment: &Segment) -> String {
    match segment.key {
        0 => format!("segment {} without a key", segment.id),
        key => format!("segment {} of key {}", segment.id, sysv::Key::new(key.cast_signed())),
    }
}

fn named_object(
    args: &CleanArgs,
    object: &Named,
    holders: &Holders,
    what: &str,
    kind: &dyn Kind,
) -> Verdict {
    let name = format!("{what} {}", object.path.display());
    let kept = verdict::on_named(object, holders, args.unread);
    carry_out(args, name, kept, || {
        let key = object.key.and_then(key_of).unwrap_or_else(default_key);
        exchange::remove(kind, key, judged(&object.contents, args.unread))
    })
}

/// None for IPC_PRIVATE.
fn key_of(number: u32) -> Option<Key> {
    number.to_string().parse().ok()
}

fn judged(contents: &Contents, lose_unread: bool) -> Judged {
    let exchange = contents.exchange();
    let texts = exchange.map_or(0, |exchange| exchange.unread_slots + exchange.ends);
    Judged {
        slots: exchange.map_or(DEFAULT_SLOTS, |exchange| exchange.slots),
        may_lose: if lose_unread { texts } else { 0 },
    }
}

/// Keeps it, or removes it, or says that it would be.
fn carry_out(
    args: &CleanArgs,
    object: String,
    judged: Result<String, String>,
    remove: impl FnOnce() -> Result<Fate, Failure>,
) -> Verdict {
    let (fate, why) = match judged {
        Err(why) => (Fate::Kept, why),
        Ok(why) if args.dry_run => (Fate::WouldBeRemoved, why),
        Ok(why) => match remove() {
            Ok(Fate::Kept) => (Fate::Kept, "somebody came meanwhile".into()),
            Ok(fate) => (fate, why),
            Err(failure) => (Fate::Failed, failure.line()),
        },
    };
    Verdict { object, fate, why }
}

fn remove_segment(facts: &Segment, lose_unread: bool) -> Result<Fate, Failure> {
    if let Some(key) = key_of(facts.key) {
        return exchange::remove(&Sysv, key, judged(&facts.contents, lose_unread));
    }
    let segment = sysv::Segment::from_id(facts.id);
    match segment.status() {
        Ok(status) if status.attachments > 0 => Ok(Fate::Kept),
        Ok(_) => segment.remove().map(|()| Fate::Removed).map_err(failure::of_sysv),
        Err(error) if error.is_gone() => Ok(Fate::Removed),
        Err(error) => Err(failure::of_sysv(error)),
    }
}

fn report(args: &CleanArgs, verdicts: &[Verdict]) -> Result<Exit, Failure> {
    let those = |fate| verdicts.iter().filter(|verdict| verdict.fate == fate).count() as u64;
    if args.json {
        print::json(&verdicts)?;
    } else {
        let lines: String = verdicts.iter().map(Verdict::line).collect();
        let removed = match args.dry_run {
            true => format!("{} would be removed", those(Fate::WouldBeRemoved)),
            false => format!("{} removed", those(Fate::Removed)),
        };
        print::out(&format!("{lines}{removed}, {} kept\n", those(Fate::Kept)))?;
    }
    match those(Fate::Failed) {
        0 => Ok(Exit::Ended),
        failed => Err(Failure::from_error(format!("could not remove {}", count(failed, "object")))),
    }
}
