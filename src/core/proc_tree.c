/* Killing a process tree. Only processes of the leader's session, descendants of the living leader, those that write to its pipes, and
 * those that were such when they got a signal before, are touched. */
#include "proc_tree.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct proc_tree_entry {
  pid_t pid, parent, session;
  unsigned long long start; /* tells it from a later process of the same number */
  bool doomed, looked; /* looked: at where it writes */
};

static bool read_entry(const char *name, struct proc_tree_entry *e) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", name);
  FILE *f = fopen(path, "re");
  if (!f) return false;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = '\0';
  const char *after = strrchr(text, ')'); /* the name before it may hold anything */
  int parent, group, session;
  unsigned long long start;
  if (!after || sscanf(after + 1, " %*c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &parent, &group,
                       &session, &start) != 4)
    return false;
  *e = (struct proc_tree_entry){.pid = (pid_t)atoi(name), .parent = parent, .session = session, .start = start};
  return true;
}

static size_t read_all(struct proc_tree_entry **list) {
  size_t count = 0, room = 0;
  DIR *d = opendir("/proc");
  *list = NULL;
  for (struct dirent *entry; d && (entry = readdir(d));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (count == room) {
      room = room ? 2 * room : 256;
      struct proc_tree_entry *larger = realloc(*list, room * sizeof **list);
      if (!larger) break;
      *list = larger;
    }
    if (read_entry(entry->d_name, &(*list)[count])) count++;
  }
  if (d) closedir(d);
  return count;
}

unsigned long long proc_tree_start(pid_t pid) {
  char name[24];
  struct proc_tree_entry e;
  snprintf(name, sizeof name, "%d", (int)pid);
  return read_entry(name, &e) ? e.start : 0;
}

/* Whether a process that left the session still writes to the pipes of the command. */
static bool writes_to(const struct proc_tree *t, pid_t pid) {
  for (int fd = 1; fd <= 2; fd++) {
    char path[64], link[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t n = readlink(path, link, sizeof link - 1);
    unsigned long long ino = 0;
    if (n > 0) link[n] = '\0', sscanf(link, "pipe:[%llu]", &ino);
    if (ino && (ino == t->pipes[0] || ino == t->pipes[1])) return true;
  }
  return false;
}

static bool known(const struct proc_tree *t, const struct proc_tree_entry *e) {
  for (size_t i = 0; i < t->count; i++)
    if (t->list[i].pid == e->pid && t->list[i].start == e->start) return true;
  return false;
}

void proc_tree_kill(struct proc_tree *t, pid_t pid, bool leader, bool group, int signal) {
  bool pipes = t->pipes[0] || t->pipes[1];
  if (pid <= 1 || (!leader && !t->count && !pipes && (t->over || kill(-pid, 0) != 0))) return;
  struct proc_tree_entry *list = NULL;
  size_t count = group ? read_all(&list) : 0, doomed = 0;
  /* While one of the session lives, nobody gets its number; so one of that number is a stranger, and the session his. */
  bool ours = leader || !t->over;
  for (size_t i = 0; i < count && !leader; i++) ours &= list[i].pid != pid;
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < count; i++) {
      struct proc_tree_entry *e = &list[i];
      if (e->doomed || e->pid == pid) continue;
      bool doom = (ours && e->session == pid) || (leader && e->parent == pid) || known(t, e);
      for (size_t k = 0; k < count && !doom; k++) doom = list[k].doomed && list[k].pid == e->parent;
      doom = doom || (pipes && !e->looked && writes_to(t, e->pid));
      e->looked = true;
      if (doom) e->doomed = more = true;
    }
  }
  if (leader) kill(group ? -pid : pid, signal);
  for (size_t i = 0; i < count; i++) {
    if (!list[i].doomed) continue;
    kill(list[i].pid, signal);
    list[doomed++] = list[i];
  }
  free(t->list);
  t->list = list;
  t->count = doomed;
}

void proc_tree_free(struct proc_tree *t) {
  free(t->list);
  *t = (struct proc_tree){0};
}
