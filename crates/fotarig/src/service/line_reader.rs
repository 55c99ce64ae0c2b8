//! Lines of bounded length from a socket.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes asked for at one time.
const READ_BYTES: usize = 16 * 1024;

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLine {
    /// The other side hung up.
    #[error("it hung up")]
    End,
    /// The line is longer than may be.
    #[error("a line of more than {0} bytes")]
    TooLong(usize),
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads lines. [`Self::next`] may be dropped at any time: what was read stays for the next call.
pub(crate) struct LineReader<R> {
    from: R,
    kept: Vec<u8>,
    searched: usize,
    bound: usize,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    /// Lines of up to `bound` bytes.
    pub(crate) fn new(from: R, bound: usize) -> Self {
        Self { from, kept: Vec::new(), searched: 0, bound }
    }

    /// The next line, without its end.
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, NoLine> {
        loop {
            if let Some(end) = self.kept[self.searched..].iter().position(|byte| *byte == b'\n') {
                let rest = self.kept.split_off(self.searched + end + 1);
                let mut line = std::mem::replace(&mut self.kept, rest);
                self.searched = 0;
                line.pop();
                return Ok(line);
            }
            self.searched = self.kept.len();
            if self.kept.len() > self.bound {
                return Err(NoLine::TooLong(self.bound));
            }
            self.kept.reserve(READ_BYTES);
            if self.from.read_buf(&mut self.kept).await? == 0 {
                return Err(NoLine::End);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LineReader, NoLine};

    #[tokio::test]
    async fn lines_come_one_by_one_and_bounded() {
        let text = [b"one\n\ntwo\n".as_slice(), &vec![b'x'; 200_000]].concat();
        let mut lines = LineReader::new(text.as_slice(), 1_000);
        for expected in ["one", "", "two"] {
            assert_eq!(lines.next().await.unwrap(), expected.as_bytes());
        }
        assert!(matches!(lines.next().await, Err(NoLine::TooLong(1_000))));
        let mut cut_off = LineReader::new(b"half".as_slice(), 1_000);
        assert!(matches!(cut_off.next().await, Err(NoLine::End)));
    }
}
