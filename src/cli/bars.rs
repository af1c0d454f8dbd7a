//! Progress on a terminal as bars, elsewhere as a line a stage.

use dechaff::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Instant;

/// A run of this many seconds or more tells its stages where there is no terminal.
const QUIET_SECONDS: u64 = 5;

/// Shows where a run is.
pub struct Bars {
    mode: Mode,
    bar: ProgressBar,
    began: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Bars,
    Lines,
    Silent,
}

impl Bars {
    /// Bars on a terminal, lines elsewhere, nothing if `quiet`.
    pub fn new(quiet: bool) -> Bars {
        let mode = match (quiet, std::io::stderr().is_terminal()) {
            (true, _) => Mode::Silent,
            (_, true) => Mode::Bars,
            _ => Mode::Lines,
        };
        let bar = if mode == Mode::Bars { ProgressBar::new(0) } else { ProgressBar::hidden() };
        Bars { mode, bar, began: Instant::now() }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bars {
    fn start(&self, stage: &'static str, total: u64) {
        match self.mode {
            Mode::Silent => {}
            Mode::Lines => {
                if self.began.elapsed().as_secs() >= QUIET_SECONDS {
                    let seconds = self.began.elapsed().as_secs_f64();
                    let _ = writeln!(std::io::stderr(), "dechaff: {stage} after {seconds:.0} s");
                }
            }
            Mode::Bars => {
                let template = if total == 0 {
                    "{msg:20} {spinner} {elapsed}"
                } else if stage == "reading" {
                    "{msg:20} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} left"
                } else {
                    "{msg:20} {bar:30} {human_pos}/{human_len} {per_sec} {eta} left"
                };
                let style =
                    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
                self.bar.reset();
                self.bar.set_style(style);
                self.bar.set_message(stage);
                self.bar.set_length(total);
                self.bar.tick();
            }
        }
    }

    fn advance(&self, steps: u64) {
        if self.mode == Mode::Bars {
            self.bar.inc(steps);
        }
    }

    fn finish(&self) {
        if self.mode == Mode::Bars {
            self.bar.finish_and_clear();
        }
    }
}
