//! Reports as files: rows are fetched page by page while the file is sent.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::domain::message::Message;
use crate::formats::sheets::{Column, SheetFormat, SheetRow, write_csv, write_workbook};
use crate::services::ServiceError;

/// Files that are written at the same time; one more is turned away.
pub(in crate::services) const MOST_EXPORTS: usize = 8;
/// Rows that are fetched in one go.
pub(in crate::services) const PAGE: usize = 1_000;
/// Bytes that are sent in one go.
const CHUNK: usize = 64 << 10;
/// How long a reader may leave a piece of the file lying.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pages of a table, as they are fetched.
pub(in crate::services) type Pages = Pin<Box<dyn Stream<Item = Result<Vec<SheetRow>, ServiceError>>>>;

/// A table that is ready to be sent.
pub struct Export {
    sheet: String,
    columns: Vec<Column>,
    pages: Pages,
    place: OwnedSemaphorePermit,
}

impl Export {
    /// A table; its place is held until it is sent.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when as many are being written as may be.
    pub(in crate::services) fn new(
        places: &Arc<Semaphore>,
        sheet: String,
        columns: Vec<Column>,
        pages: Pages,
    ) -> Result<Self, ServiceError> {
        let place = Arc::clone(places).try_acquire_owned();
        let place = place.map_err(|_| ServiceError::Busy("too many files are being written".into()))?;
        Ok(Self { sheet, columns, pages, place })
    }

    /// The pieces of the file, as they are written.
    pub fn send(self, format: SheetFormat) -> Pin<Box<dyn Stream<Item = Result<Vec<u8>, ServiceError>>>> {
        match format {
            SheetFormat::Csv => Box::pin(stream::unfold(Csv { export: self, begun: false }, Csv::next)),
            SheetFormat::Xlsx => Box::pin(stream::unfold(Workbook::start(self), Workbook::next)),
        }
    }
}

fn unwritable(message: &Message) -> ServiceError {
    ServiceError::Internal(message.to_string())
}

struct Csv {
    export: Export,
    begun: bool,
}

impl Csv {
    async fn next(mut self) -> Option<(Result<Vec<u8>, ServiceError>, Self)> {
        let rows = match (self.export.pages.next().await, self.begun) {
            (Some(rows), _) => rows,
            // Without any row the heading is the file.
            (None, false) => Ok(vec![]),
            (None, true) => return None,
        };
        let heading = (!self.begun).then_some(self.export.columns.as_slice());
        let written = rows.and_then(|rows| write_csv(heading, &rows).map_err(|error| unwritable(&error)));
        self.begun = true;
        Some((written, self))
    }
}

/// A workbook, which a thread writes: first it is fed with rows, then it gives the file.
struct Workbook {
    /// The rest of the rows, and where they go; `None` once all have gone there.
    feeding: Option<(Pages, mpsc::Sender<Vec<SheetRow>>)>,
    pieces: mpsc::Receiver<Result<Vec<u8>, ServiceError>>,
}

impl Workbook {
    fn start(export: Export) -> Self {
        let Export { sheet, columns, pages, place } = export;
        let (feed, mut rows) = mpsc::channel(2);
        let (send, pieces) = mpsc::channel(4);
        let runtime = tokio::runtime::Handle::current();
        drop(tokio::task::spawn_blocking(move || {
            let _place = place;
            let mut out = Pieces { send, runtime, waiting: Vec::with_capacity(CHUNK) };
            let rows = std::iter::from_fn(|| rows.blocking_recv());
            let written = write_workbook(&sheet, &columns, rows, &mut out);
            let ended = match written {
                Ok(()) => out.flush(),
                Err(error) => out.pass(Err(unwritable(&error))),
            };
            // Nobody listens any more: there is nobody to be told.
            drop(ended);
        }));
        Self { feeding: Some((pages, feed)), pieces }
    }

    async fn next(mut self) -> Option<(Result<Vec<u8>, ServiceError>, Self)> {
        if let Some((mut pages, feed)) = self.feeding.take() {
            while let Some(page) = pages.next().await {
                let rows = match page {
                    Ok(rows) => rows,
                    Err(error) => return Some((Err(error), self)),
                };
                // The thread has ended early; why, it has left among the pieces.
                if feed.send(rows).await.is_err() {
                    break;
                }
            }
        }
        let piece = self.pieces.recv().await?;
        Some((piece, self))
    }
}

/// Passes on what is written, in pieces.
struct Pieces {
    send: mpsc::Sender<Result<Vec<u8>, ServiceError>>,
    runtime: tokio::runtime::Handle,
    waiting: Vec<u8>,
}

impl Pieces {
    fn pass(&self, piece: Result<Vec<u8>, ServiceError>) -> io::Result<()> {
        let sent = self.runtime.block_on(self.send.send_timeout(piece, PATIENCE));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes the file"))
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK));
        self.pass(Ok(piece))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    /// A table of so many pages of one row, the first `there` of which can be read now; and how many were read.
    fn table(pages: usize, there: usize) -> (Export, Arc<AtomicUsize>) {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let page = move |no: usize| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(vec![vec![format!("row {no}").into()]])
        };
        let pages = stream::iter(1..=pages).then(move |no| {
            let page = page.clone();
            async move { if no <= there { page(no) } else { std::future::pending().await } }
        });
        let columns = vec![Column { heading: "Row".into(), width: 9.0 }];
        let export =
            Export::new(&Arc::new(Semaphore::new(1)), "Rows".into(), columns, Box::pin(pages)).unwrap();
        (export, read)
    }

    #[test]
    fn csv_is_sent_page_by_page_and_no_page_is_read_before_the_one_before_it_is_taken() {
        let (export, read) = table(3, 2);
        let mut file = export.send(SheetFormat::Csv);
        let mut next = || file.next().now_or_never();
        let text = |piece: Option<Option<Result<Vec<u8>, ServiceError>>>| {
            String::from_utf8(piece.expect("waits for a later page").unwrap().unwrap()).unwrap()
        };
        assert_eq!(text(next()), "\u{feff}Row\r\nrow 1\r\n");
        assert_eq!(read.load(Ordering::Relaxed), 1);
        assert_eq!(text(next()), "row 2\r\n");
        assert_eq!(read.load(Ordering::Relaxed), 2);
        assert!(next().is_none(), "the last page is not there yet");
    }

    #[tokio::test]
    async fn a_workbook_is_sent_once_its_last_row_is_written() {
        let (export, _) = table(3, 2);
        assert!(export.send(SheetFormat::Xlsx).next().now_or_never().is_none());
        let (export, read) = table(3, 3);
        let pieces: Vec<_> = export.send(SheetFormat::Xlsx).collect().await;
        assert_eq!(read.load(Ordering::Relaxed), 3);
        let file: Vec<u8> = pieces.into_iter().flat_map(Result::unwrap).collect();
        assert!(file.starts_with(b"PK"));
    }
}
