//! Bytes of any encoding become UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, Encoding};

const CHUNK: usize = 64 * 1024;

/// A source as UTF-8, without its byte order mark. What is no text becomes U+FFFD, which no column
/// accepts.
pub(super) struct Decoded<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// What of `raw` was not decoded yet.
    from: usize,
    to: usize,
    text: Vec<u8>,
    /// What of `text` was not taken yet.
    start: usize,
    end: usize,
    bytes_read: u64,
    source_is_over: bool,
    is_over: bool,
}

impl<R> std::fmt::Debug for Decoded<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoded").field("bytes_read", &self.bytes_read).finish_non_exhaustive()
    }
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(encoding: &'static Encoding, source: R) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            from: 0,
            to: 0,
            text: vec![0; CHUNK],
            start: 0,
            end: 0,
            bytes_read: 0,
            source_is_over: false,
            is_over: false,
        }
    }

    pub(super) const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// What there is of text and was not consumed; empty only at the end.
    pub(super) fn available(&mut self) -> io::Result<&[u8]> {
        while self.start == self.end && !self.is_over {
            self.refill()?;
        }
        Ok(&self.text[self.start..self.end])
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = self.end.min(self.start + bytes);
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.from == self.to && !self.source_is_over {
            (self.from, self.to) = (0, 0);
            match self.source.read(&mut self.raw) {
                Ok(0) => self.source_is_over = true,
                Ok(read) => {
                    self.to = read.min(self.raw.len());
                    self.bytes_read += u64::try_from(read).unwrap_or(0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        let last = self.source_is_over;
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(&self.raw[self.from..self.to], &mut self.text, last);
        self.from += read;
        (self.start, self.end) = (0, written);
        // A decoder that has been told of the end and has room for what is left is done.
        self.is_over = last && result == encoding_rs::CoderResult::InputEmpty;
        Ok(())
    }
}
