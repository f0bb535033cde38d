//! Replays a case with the real programs and compares all that they print with what it says.

use std::path::PathBuf;
use std::process::Command;

use crate::case::{Case, Expected, Setup, Step, User};
use crate::foreign::DEFAULT_SIZE;
use crate::key::TestKey;
use crate::outcome::Outcome;
use crate::procfs::Asleep;
use crate::program::{ANOTHER_USER, Program};
use crate::running::Running;
use crate::scratch::Scratch;
use crate::segment::Row;

/// The user ids of root, alice and bob, with their placeholders.
const USERS: [(u32, &str); 3] = [(0, "{root}"), (65534, "{alice}"), (65533, "{bob}")];

impl User {
    /// The user's number.
    #[must_use]
    pub fn id(self) -> u32 {
        match self {
            Self::Root | Self::RootInAlicesGroup => 0,
            Self::Alice => 65534,
            Self::Bob => 65533,
        }
    }
}

/// A case under way.
struct Replay {
    // In this order: the programs end before the segment and their files go.
    background: Vec<(&'static str, Running)>,
    key: TestKey,
    /// Copies of the programs that alice can run.
    writer: PathBuf,
    reader: PathBuf,
    _scratch: Scratch,
    /// What was seen so far, with its placeholder.
    seen: Vec<(String, String)>,
}

/// Replays a case to its end.
///
/// # Panics
/// When a program ends otherwise, prints something else, or leaves something else.
pub fn replay(case: &Case) {
    let scratch = Scratch::new();
    let mut replay = Replay {
        background: Vec::new(),
        key: TestKey::new(),
        writer: scratch.copy_of("writer"),
        reader: scratch.copy_of("reader"),
        _scratch: scratch,
        seen: Vec::new(),
    };
    let before = case.setup.as_ref().map(|setup| replay.make(setup));
    for (step, expected) in &case.steps {
        replay.take(step, expected);
    }
    let left = replay.key.segment();
    match case.left.as_str() {
        "nothing" => assert_eq!(left, None),
        "untouched" => assert_eq!(left, before),
        words => {
            let left = left.map_or("nothing".to_owned(), |row| describe(&row));
            assert!(words.split(" or ").any(|it| it == left), "left is {left}, not {words}");
        }
    }
}

fn describe(row: &Row) -> String {
    let user = USERS.iter().find(|(id, _)| *id == row.owner).map_or("?", |(_, name)| name);
    format!("owner {user}, mode {:04o}", row.mode())
}

impl Replay {
    /// Makes the segment with Perl: ipcmk chooses the key, and nothing else gives a segment away.
    fn make(&mut self, setup: &Setup) -> Row {
        let Setup { creator, mode, owner } = setup;
        let mut script = format!(
            "my $id = shmget({}, {DEFAULT_SIZE}, 03000 | {mode}) // die $!;",
            self.key.number()
        );
        if let Some(owner) = owner {
            // IPC_STAT, another uid into shm_perm, IPC_SET: see shmctl(2).
            script += &format!(
                "my $ds = ''; shmctl($id, 2, $ds) or die $!;
                 substr($ds, 4, 4) = pack('L', {}); shmctl($id, 1, $ds) or die $!;",
                owner.id()
            );
        }
        let id = creator.id().to_string();
        let status = Command::new("setpriv")
            .args(["--reuid", &id, "--regid", &id, "--clear-groups", "--", "perl", "-e", &script])
            .status()
            .expect("setpriv runs");
        assert!(status.success(), "the segment cannot be made: {status}");
        let row = self.key.existing_segment();
        assert_eq!(row.owner, owner.unwrap_or(*creator).id());
        row
    }

    fn take(&mut self, step: &Step, expected: &Expected) {
        match step {
            Step::Run(user, name, args, input, background) => {
                let program = self.program(*user, name).args(args).reading(input);
                let mut running = program.start();
                self.seen.push((format!("process {}", running.pid()), "process {pid}".into()));
                if *background {
                    running.wait_until_asleep(Asleep::InFutex);
                    self.see_segment();
                    self.background.push((name, running));
                } else {
                    self.end(running, expected);
                }
            }
            Step::Wait(name) => {
                let found = self.background.iter().position(|(it, _)| it == name);
                let (_, running) = self.background.remove(found.expect("it was started"));
                self.end(running, expected);
            }
        }
    }

    fn program(&self, user: User, name: &'static str) -> Program {
        let program = Program::on(name, &format!("{:#x}", self.key.number()));
        match user {
            User::Root => program,
            User::Alice if name == "writer" => program.as_another_user(self.writer.clone()),
            User::Alice => program.as_another_user(self.reader.clone()),
            User::RootInAlicesGroup => {
                program.through(["setpriv", "--regid", ANOTHER_USER[3], "--clear-groups", "--"])
            }
            User::Bob => panic!("bob makes segments only"),
        }
    }

    fn end(&mut self, running: Running, expected: &Expected) {
        self.see_segment();
        let outcome: Outcome = running.exit();
        self.see_segment();
        assert_eq!(self.with_placeholders(&outcome.stderr), expected.stderr);
        outcome.expect_code(expected.code).expect_stdout(&expected.stdout);
    }

    /// The programs name a segment by its id: note it while it is there.
    fn see_segment(&mut self) {
        if let Some(Row { id, .. }) = self.key.segment() {
            self.seen.push((format!("segment {id} of"), "segment {id} of".into()));
            self.seen.push((format!("segment {id}:"), "segment {id}:".into()));
        }
    }

    /// What was printed, with placeholders for whatever differs from run to run.
    fn with_placeholders(&self, stderr: &str) -> String {
        let mut text = stderr.replace(&format!("{:#010x}", self.key.number()), "{key}");
        for (value, placeholder) in &self.seen {
            text = text.replace(value, placeholder);
        }
        for (id, placeholder) in USERS {
            let name = name_of(id);
            for word in ["owner", "creator"] {
                let shown = format!("{word} {name},");
                text = text.replace(&shown, &format!("{word} {placeholder},"));
            }
        }
        text
    }
}

/// As the programs show a user: the name, or the number of one without a name.
fn name_of(id: u32) -> String {
    nix::unistd::User::from_uid(id.into())
        .expect("the user database can be read")
        .map_or_else(|| format!("uid {id}"), |user| user.name)
}
