//! The file operations of a run, all of them: what a test makes fail, one call at a time.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// A file to read from, at any place.
pub trait ReadFile: Read + Seek + Send {
    /// The same file, whatever has its name by now, for readers of its parts; none where only one can read it.
    fn parts(&self) -> Option<Box<dyn Temporary>> {
        None
    }
}

impl ReadFile for File {
    fn parts(&self) -> Option<Box<dyn Temporary>> {
        self.try_clone().ok().map(|file| Box::new(file) as Box<dyn Temporary>)
    }
}

/// What lies in memory.
impl<T: AsRef<[u8]> + Send> ReadFile for io::Cursor<T> {}

/// A file to write to.
pub trait WriteFile: Write + Send {}
impl<T: Write + Send> WriteFile for T {}

/// A file without a name, that is gone when it is dropped.
pub trait Temporary: std::fmt::Debug + Send + Sync {
    /// Reads exactly so many bytes from a place.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()>;
    /// Writes all bytes to a place.
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;
}

/// Where files lie.
pub trait Disk: Send + Sync {
    /// Opens a file to read.
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>>;
    /// Makes a file, or empties it.
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>>;
    /// Gives a file or a folder another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes a folder with its parents.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder with all that is in it.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Returns when all that was written to the file system of this folder is safe.
    fn sync(&self, folder: &Path) -> io::Result<()>;
    /// Makes a temporary file in a folder.
    fn temporary(&self, folder: &Path) -> io::Result<Box<dyn Temporary>>;
    /// Opens a file to read parts of it again; writing to it fails.
    fn open_parts(&self, path: &Path) -> io::Result<Box<dyn Temporary>>;
}

/// The disk of the machine.
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        Ok(Box::new(File::open(path)?))
    }

    #[cfg(target_os = "linux")]
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        Ok(Box::new(WrittenBack { file: File::create(path)?, waiting: 0 }))
    }

    #[cfg(not(target_os = "linux"))]
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        Ok(Box::new(File::create(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn temporary(&self, folder: &Path) -> io::Result<Box<dyn Temporary>> {
        Ok(Box::new(tempfile::tempfile_in(folder)?))
    }

    fn open_parts(&self, path: &Path) -> io::Result<Box<dyn Temporary>> {
        Ok(Box::new(File::open(path)?))
    }

    #[cfg(target_os = "linux")]
    fn sync(&self, folder: &Path) -> io::Result<()> {
        // One call for the whole file system: a sync a file would cost a folder of small texts hours.
        Ok(rustix::fs::syncfs(File::open(folder)?)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync(&self, folder: &Path) -> io::Result<()> {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            if entry.file_type().is_file() {
                File::open(entry.path())?.sync_all()?;
            }
        }
        Ok(())
    }
}

/// A file that the system begins to put on the disk while more of it is written: what syncs it finds little left to wait for.
#[cfg(target_os = "linux")]
struct WrittenBack {
    file: File,
    /// Bytes that were written since it last began.
    waiting: usize,
}

#[cfg(target_os = "linux")]
impl Write for WrittenBack {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// Bytes that wait at most.
        const AT_ONCE: usize = 8 << 20;
        let written = self.file.write(bytes)?;
        self.waiting += written;
        if self.waiting >= AT_ONCE {
            self.waiting = 0;
            begin_to_sync(&self.file);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Where it cannot be done, such as in a pipe, nothing is lost by it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn begin_to_sync(file: &File) {
    use std::os::fd::AsRawFd;
    // SAFETY: the file is open, and the call touches no memory of this process.
    let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
}

#[cfg(unix)]
impl Temporary for File {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, bytes, at)
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, at)
    }
}

#[cfg(windows)]
impl Temporary for File {
    fn read_at(&self, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(self, bytes, at)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            (bytes, at) = (&mut bytes[read..], at + read as u64);
        }
        Ok(())
    }

    fn write_at(&self, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = std::os::windows::fs::FileExt::seek_write(self, bytes, at)?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            (bytes, at) = (&bytes[written..], at + written as u64);
        }
        Ok(())
    }
}
