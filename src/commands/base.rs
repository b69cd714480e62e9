//! From `--base`, or from where one stands, to a base branch and a start point (DESIGN §2 "base").

use super::Context;
use crate::domain::name::BranchName;
use crate::domain::oid::CommitId;
use crate::domain::place::Head;
use crate::error::{Error, Kind};

/// The branch to merge back into, and the commit to start at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The branch; none where there is none to go back to.
    pub branch: Option<BranchName>,
    /// The commit.
    pub start_point: CommitId,
}

impl Base {
    /// Shows it with its short id.
    pub fn describe(&self) -> String {
        match &self.branch {
            Some(branch) => format!("{branch} ({})", self.start_point.short()),
            None => self.start_point.short(),
        }
    }
}

/// Resolves `--base REF`; without one, HEAD of the worktree one stands in.
pub fn resolve(cx: &Context, revision: Option<&str>) -> Result<Base, Error> {
    let head = cx.repo.head()?;
    let Some(revision) = revision else { return of_head(&head) };
    let local = revision.strip_prefix("refs/heads/").unwrap_or(revision);
    if let Ok(branch) = local.parse::<BranchName>()
        && let Some(start_point) = cx.repo.branch_tip(&branch)?
    {
        return Ok(Base { branch: Some(branch), start_point });
    }
    let Some(start_point) = cx.repo.resolve(revision)? else {
        return Err(Error::refused(format!("`{revision}` names no commit")).hint("git branch --all"));
    };
    if let Some(branch) = of_remote(cx, revision)? {
        return Ok(Base { branch: Some(branch), start_point });
    }
    Ok(Base { branch: head.branch().cloned(), start_point })
}

fn of_head(head: &Head) -> Result<Base, Error> {
    match head {
        Head::Branch { name, tip } => Ok(Base { branch: Some(name.clone()), start_point: *tip }),
        Head::Detached(commit) => Ok(Base { branch: None, start_point: *commit }),
        Head::Unborn(branch) => {
            let refused = Error::refused(format!(
                "branch `{branch}` has no commit yet, so there is nothing to start from"
            ));
            Err(refused.hint("git commit --allow-empty -m 'Begin'"))
        }
        Head::Broken(why) => {
            Err(Error::new(Kind::Refused, format!("HEAD is broken: {why}")).hint("git status"))
        }
    }
}

/// `origin/x` goes back to `x` where that is a local branch.
fn of_remote(cx: &Context, revision: &str) -> Result<Option<BranchName>, Error> {
    let short = revision.strip_prefix("refs/remotes/").unwrap_or(revision);
    let Some((_, name)) = short.split_once('/') else { return Ok(None) };
    if cx.repo.ref_commit(&format!("refs/remotes/{short}"))?.is_none() {
        return Ok(None);
    }
    let Ok(branch) = name.parse::<BranchName>() else { return Ok(None) };
    Ok(cx.repo.branch_tip(&branch)?.map(|_| branch))
}
