/*
 * fs/snapshot_files.c - cached files as lines of a snapshot, and paths
 *
 * Purpose:    which pages of which file are in memory, and which areas show it.
 * Invariants: runs while the machine stands (kernel/snapshot.c): takes no lock that anybody can hold,
 *             allocates nothing.  Every file with cached pages is shown once: those that have a name
 *             by a walk over all names, then those that are only met by their pages.  AS_SNAPPED
 *             marks the first, and is clear again at the end.
 * Lock order: mount_lock > dcache_lock (path_from), both free while the machine stands.
 * Simplified: a file that is mapped but has neither a name nor a cached page is not shown.
 */
#include <mm.h>
#include <pagemap.h>
#include <rmap.h>
#include <snapshot.h>
#include "internal.h"

#define PATH_SHOWN 512			/* a longer path is shown as "" */
#define GANG 16

void snap_path(struct snapshot *s, const struct path *path)
{
	static char text[PATH_SHOWN];	/* the machine stands: nobody else is here */
	struct path top = { root_mount, root_mount->root };
	bool unreachable;
	char *p;

	if (path->dentry->d_op && path->dentry->d_op->dname)
		p = path->dentry->d_op->dname(path->dentry, text, sizeof(text));
	else
		p = path_from(path, &top, text, sizeof(text), &unreachable);
	snap_text(s, IS_ERR_OR_NULL(p) ? "" : p);
}

/* ---- one file ---- */

static void put_pages(struct snapshot *s, struct address_space *m)
{
	struct page *pages[GANG];
	const char *comma = "";
	pgoff_t next = 0;
	unsigned int n;

	snap_puts(s, ",\"pages\":[");
	while ((n = page_tree_gang_lookup(&m->page_tree, next, pages, GANG))) {
		for (unsigned int i = 0; i < n; i++) {
			snap_puts(s, comma);
			comma = ",";
			snap_char(s, '[');
			snap_dec(s, pages[i]->index);
			snap_char(s, ',');
			snap_dec(s, page_to_pfn(pages[i]));
			snap_puts(s, PageDirty(pages[i]) ? ",1]" : ",0]");
		}
		next = pages[n - 1]->index + 1;
		if (!next)
			break;
	}
	snap_char(s, ']');
}

/* The areas that show it: [mm, start, rb_subtree_last] in the order of the tree; nonlinear ones. */
static void put_areas(struct snapshot *s, struct address_space *m)
{
	struct vm_area_struct *v;
	const char *comma = "";

	snap_puts(s, ",\"i_mmap\":[");
	for (v = vma_interval_tree_iter_first(&m->i_mmap, 0, ~0UL); v;
	     v = vma_interval_tree_iter_next(v, 0, ~0UL), comma = ",")
		snap_printf(s, "%s[%u,\"%lx\",%lu]", comma, v->vm_mm->id, v->vm_start,
			    v->shared.linear.rb_subtree_last);
	snap_puts(s, "],\"nonlinear\":[");
	comma = "";
	list_for_each_entry(v, &m->i_mmap_nonlinear, shared.nonlinear) {
		snap_printf(s, "%s[%u,\"%lx\"]", comma, v->vm_mm->id, v->vm_start);
		comma = ",";
	}
	snap_printf(s, "],\"writable\":%d", atomic_read(&m->i_mmap_writable));
}

static void snap_file(struct snapshot *s, struct address_space *m, const struct path *path)
{
	snap_printf(s, "{\"k\":\"snap.file\",\"ino\":%lu,\"path\":", (unsigned long)m->host->i_ino);
	if (path)
		snap_path(s, path);
	else
		snap_puts(s, "\"\"");
	snap_printf(s, ",\"nrpages\":%lu", m->nrpages);
	put_pages(s, m);
	put_areas(s, m);
	snap_line_end(s);
}

/* ---- all files ---- */

static bool is_worth_showing(const struct address_space *m)
{
	return m->nrpages || !RB_EMPTY_ROOT(&m->i_mmap) || !list_empty(&m->i_mmap_nonlinear);
}

static void look_at_name(struct snapshot *s, const struct path *path)
{
	struct inode *inode = path->dentry->d_inode;
	struct address_space *m = inode && S_ISREG(inode->i_mode) ? inode->i_mapping : NULL;

	if (!m || !m->host || !is_worth_showing(m) || test_bit(AS_SNAPPED, &m->flags))
		return;
	if (m->nrpages)
		set_bit(AS_SNAPPED, &m->flags);
	snap_file(s, m, path);
}

/* The dentry after @d in the tree below @top: down, else aside, else up; NULL at the end. */
static struct dentry *next_dentry(struct dentry *top, struct dentry *d)
{
	if (!list_empty(&d->d_subdirs))
		return list_first_entry(&d->d_subdirs, struct dentry, d_child);
	while (d != top && d->d_child.next == &d->d_parent->d_subdirs)
		d = d->d_parent;
	return d == top ? NULL : list_entry(d->d_child.next, struct dentry, d_child);
}

static void snap_named_files(struct snapshot *s, struct mount *m)
{
	for (struct dentry *d = m->root; d; d = next_dentry(m->root, d)) {
		struct path path = { m, d };

		look_at_name(s, &path);
	}
}

/* By an area that shows it, if there is one: an open file has a path, though it may be deleted. */
static const struct path *any_path(struct address_space *m)
{
	struct vm_area_struct *v = vma_interval_tree_iter_first(&m->i_mmap, 0, ~0UL);

	return v ? &v->vm_file->f_path : NULL;
}

/* Each file at the first of its pages. */
static void look_at_page(struct snapshot *s, struct page *page)
{
	struct address_space *m = page->mapping;
	struct page *first;

	if (!page_tree_gang_lookup(&m->page_tree, 0, &first, 1) || first != page)
		return;
	if (test_bit(AS_SNAPPED, &m->flags))
		clear_bit(AS_SNAPPED, &m->flags);
	else if (m->host)
		snap_file(s, m, any_path(m));
}

void snap_files(struct snapshot *s)
{
	unsigned long pfn = 0;
	struct page *page;
	struct mount *m;

	list_for_each_entry(m, &mount_list, list)
		snap_named_files(s, m);
	while ((page = snap_next_mapped(s, &pfn, max_pfn)))
		if (!PageAnon(page))
			look_at_page(s, page);
}
