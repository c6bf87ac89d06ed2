//! The bytes of a file on their way through: hashed, counted, and stopped when they cannot be right.

use std::fmt;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::super::model::definition::hex;

/// A single row longer than this is a quote that was never closed, or no table.
const LONGEST_RECORD_BYTES: u64 = 1 << 20;

/// Why reading was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cx_index) enum Stopped {
    /// The file is larger than its format allows.
    FileTooLarge,
    /// One row is longer than 1 MB.
    RecordTooLong,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped reading")
    }
}

impl std::error::Error for Stopped {}

/// A reader that hashes what passes through. Tell it after each row, so that memory stays bounded by the longest row.
pub(in crate::cx_index) struct Source<R> {
    inner: R,
    hash: Sha256,
    read: u64,
    in_record: u64,
    most_bytes: u64,
}

impl<R> Source<R> {
    pub(in crate::cx_index) fn new(inner: R, most_bytes: u64) -> Self {
        Self { inner, hash: Sha256::new(), read: 0, in_record: 0, most_bytes }
    }

    /// A row is complete.
    pub(in crate::cx_index) fn record_done(&mut self) {
        self.in_record = 0;
    }

    /// SHA-256 of everything that was read.
    pub(in crate::cx_index) fn sha256(self) -> String {
        hex(&self.hash.finalize())
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        self.in_record += count as u64;
        if self.read > self.most_bytes {
            return Err(io::Error::other(Stopped::FileTooLarge));
        }
        if self.in_record > LONGEST_RECORD_BYTES {
            return Err(io::Error::other(Stopped::RecordTooLong));
        }
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// Why reading was stopped, if it was us who stopped it.
pub(in crate::cx_index) fn stopped(fault: &csv::Error) -> Option<Stopped> {
    match fault.kind() {
        csv::ErrorKind::Io(fault) => fault.get_ref()?.downcast_ref::<Stopped>().copied(),
        _ => None,
    }
}
