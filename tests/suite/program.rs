//! Runs the built program in a folder of its own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run of the program left.
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `dechaff ARGUMENTS` in `folder`, with `stdin` on its standard input.
pub fn dechaff(folder: &Path, arguments: &[&str], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dechaff"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("RAYON_NUM_THREADS")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built before its tests");
    let mut pipe = child.stdin.take().expect("standard input is piped");
    // The program reads all of its input before it writes, and may refuse to read any.
    let _ = pipe.write_all(stdin);
    drop(pipe);
    let out = child.wait_with_output().expect("the program can be waited for");
    Ran {
        status: out.status.code().expect("the program was not killed"),
        stdout: String::from_utf8(out.stdout).expect("the program writes UTF-8"),
        stderr: String::from_utf8(out.stderr).expect("the program writes UTF-8"),
    }
}

/// Runs the program and expects this exit status.
pub fn expect(folder: &Path, arguments: &[&str], status: i32) -> Ran {
    let ran = dechaff(folder, arguments, b"");
    assert_eq!(ran.status, status, "dechaff {arguments:?}\n{}", ran.stderr);
    ran
}
