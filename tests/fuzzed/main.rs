//! Inputs that fuzzing found, one folder a check: each of them again.

mod checks;

use std::fs;
use std::path::Path;

#[test]
fn kept_inputs_hold_what_is_checked() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, check) in checks::ALL {
        check(b"");
        // A package from the registry has no kept inputs.
        let Ok(folder) = fs::read_dir(corpus.join(name)) else { continue };
        for entry in folder {
            let path = entry.expect("a folder that can be read").path();
            let input = fs::read(&path).expect("a file that can be read");
            if let Err(panic) = std::panic::catch_unwind(|| check(&input)) {
                eprintln!("{}", path.display());
                std::panic::resume_unwind(panic);
            }
        }
    }
}
