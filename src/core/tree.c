/* Killing a process tree. Only processes of the leader's session, and descendants of the living leader, are touched. */
#include "tree.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
  pid_t pid, parent, session;
  bool doomed;
};

static bool read_entry(const char *name, struct entry *e) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%.20s/stat", name);
  FILE *f = fopen(path, "re");
  if (!f) return false;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = '\0';
  const char *after = strrchr(text, ')'); /* the name before it may hold anything */
  int parent, group, session;
  if (!after || sscanf(after + 1, " %*c %d %d %d", &parent, &group, &session) != 3) return false;
  *e = (struct entry){.pid = (pid_t)atoi(name), .parent = parent, .session = session};
  return true;
}

static size_t read_all(struct entry **list) {
  size_t count = 0, room = 0;
  DIR *d = opendir("/proc");
  *list = NULL;
  for (struct dirent *entry; d && (entry = readdir(d));) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (count == room) {
      room = room ? 2 * room : 256;
      struct entry *larger = realloc(*list, room * sizeof **list);
      if (!larger) break;
      *list = larger;
    }
    if (read_entry(entry->d_name, &(*list)[count])) count++;
  }
  if (d) closedir(d);
  return count;
}

void tree_kill(pid_t pid, bool leader, bool group, int signal) {
  if (pid <= 1 || (!leader && kill(-pid, 0) != 0)) return;
  struct entry *list;
  size_t count = group ? read_all(&list) : (list = NULL, 0);
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < count; i++) {
      if (list[i].doomed || list[i].pid == pid) continue;
      bool doomed = list[i].session == pid || (leader && list[i].parent == pid);
      for (size_t k = 0; k < count && !doomed; k++) doomed = list[k].doomed && list[k].pid == list[i].parent;
      if (doomed) list[i].doomed = more = true;
    }
  }
  if (leader) kill(group ? -pid : pid, signal);
  for (size_t i = 0; i < count; i++)
    if (list[i].doomed) kill(list[i].pid, signal);
  free(list);
}
