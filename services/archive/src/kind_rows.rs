//! Rows of one kind in the order of the log: file by file, row group by row group, also when small files
//! are merged meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;

use prost::Message;

use crate::archive::Held;
use crate::file::{Opened, RowGroup};
use crate::table::{Rows, Spec, in_log_order};
use crate::{Archive, ArchiveError, Kind, Segment};

/// Rows of one kind, by offset.
pub(crate) struct KindRows<M: 'static> {
    spec: &'static Spec<M>,
    files: VecDeque<Segment>,
    groups: VecDeque<(Opened, RowGroup)>,
    /// The file that they are of.
    reading: Option<Segment>,
    /// Rows of the row group that is read, last first: offset and row.
    open: Option<(Rows<M>, String)>,
    order: Vec<(u64, u32)>,
}

impl<M: Message + Default> KindRows<M> {
    pub(crate) fn new(
        spec: &'static Spec<M>,
        held: &Held,
        epoch: &str,
        offsets: &std::ops::Range<u64>,
    ) -> Self {
        let wanted = held.files.iter().filter(|file| {
            file.kind == spec.kind
                && file.epoch == epoch
                && file.first < offsets.end
                && file.last >= offsets.start
        });
        let mut files: Vec<Segment> = wanted.cloned().collect();
        files.sort_by_key(|file| (file.first, file.last));
        let (files, groups) = (files.into(), VecDeque::new());
        Self { spec, files, groups, reading: None, open: None, order: Vec::new() }
    }

    /// Offset of the next row from `next` on; reads on in the files where it must.
    pub(crate) async fn peek(
        &mut self,
        archive: &Arc<Archive>,
        held: &Held,
        next: u64,
        end: u64,
    ) -> Result<Option<u64>, ArchiveError> {
        loop {
            while let Some(&(offset, _)) = self.order.last() {
                if offset >= end {
                    return Ok(None);
                }
                if offset >= next {
                    return Ok(Some(offset));
                }
                self.order.pop();
            }
            self.open = None;
            if let Some((opened, group)) = self.groups.pop_front() {
                if group.last >= next
                    && group.first < end
                    && let Err(error) = self.read(&opened, &group, next, end).await
                {
                    self.read_merged(archive, error).await?;
                }
                continue;
            }
            let Some(file) = self.files.pop_front() else { return Ok(None) };
            self.reading = Some(file.clone());
            let switch = archive.switch.read().await;
            let opened = match Opened::open(&archive.store, &file).await {
                Ok(opened) => opened,
                Err(error) => {
                    drop(switch);
                    self.read_merged(archive, error).await?;
                    continue;
                }
            };
            if let Some(parts) = opened.parts() {
                check_parts(held, &file, &parts.0)?;
            }
            let groups = opened.row_groups()?.into_iter().filter(|group| group.rows > 0);
            self.groups = groups.map(|group| (opened.clone(), group)).collect();
        }
    }

    /// Goes on in the merged file that has taken the place of the one that is being read; what has been
    /// read is left out there. The error stands when that one is still there.
    async fn read_merged(
        &mut self,
        archive: &Archive,
        error: ArchiveError,
    ) -> Result<(), ArchiveError> {
        let Some(file) = self.reading.take() else { return Err(error) };
        // Another process may have merged it since the files were listed.
        archive.changed();
        let Some(merged) = archive.merged(&file).await? else { return Err(error) };
        self.groups.clear();
        self.files.retain(|other| !merged.covers(other));
        self.files.push_front(merged);
        Ok(())
    }

    async fn read(
        &mut self,
        opened: &Opened,
        group: &RowGroup,
        next: u64,
        end: u64,
    ) -> Result<(), ArchiveError> {
        let batch = opened.read(group, None).await?;
        let batch = in_log_order(&batch, &(next..end)).map_err(|error| {
            ArchiveError::Unreadable { path: opened.path().to_owned(), reason: error.to_string() }
        })?;
        let rows = Rows::new(self.spec, &batch, opened.path())?;
        let offsets = rows.offsets().iter().map(|&offset| offset as u64).zip(0_u32..);
        self.order = offsets.collect();
        self.order.reverse();
        self.open = Some((rows, opened.path().to_owned()));
        Ok(())
    }

    /// The row that was looked at.
    pub(crate) fn take(&mut self) -> Result<M, ArchiveError> {
        let unreadable = |path: &str, reason: &dyn std::fmt::Display| ArchiveError::Unreadable {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let (Some((rows, path)), Some((_, row))) = (&self.open, self.order.pop()) else {
            return Err(unreadable("", &"no row is open"));
        };
        rows.message(row as usize).map_err(|error| unreadable(path, &error))
    }
}

/// Whether the files of the other kinds are there that the last kind's file says there are: one may
/// have been removed by hand, or by the rules of what is kept.
fn check_parts(
    held: &Held,
    marker: &Segment,
    parts: &std::collections::BTreeMap<Kind, u64>,
) -> Result<(), ArchiveError> {
    for (&kind, _) in parts.iter().filter(|(kind, rows)| **kind != marker.kind && **rows > 0) {
        let is_there = held.files.iter().any(|file| {
            file.kind == kind
                && file.epoch == marker.epoch
                && file.first <= marker.last
                && file.last >= marker.first
        });
        if !is_there {
            return Err(ArchiveError::Missing {
                topic: kind.as_str(),
                region: marker.region.clone(),
                first: marker.first,
                last: marker.last,
            });
        }
    }
    Ok(())
}
