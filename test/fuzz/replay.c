/*
 * test/fuzz/replay.c - feed a fuzz target its corpus without libFuzzer; TAP.
 *
 * Linked with a target when the build has no fuzzers, so that `make check`
 * shows every input once found to every compiler and sanitizer. An input is
 * given whole and cut short at each byte (the first CUTS of them), in memory
 * of exactly that size, so that a read past the end is seen.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS = 2048, INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy without slack. What the target thinks of the input is its own affair. */
static int feed(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		return -ENOMEM;
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int feed_cut(const uint8_t *data, size_t size)
{
	int err = 0;

	for (size_t n = 0; !err && n < size && n < CUTS; n++)
		err = feed(data, n);
	return err ? err : feed(data, size);
}

static int replay(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX);
	FILE *file = fopen(path, "rb");
	size_t size;
	int err = data && file ? 0 : -errno;

	if (!err) {
		size = fread(data, 1, INPUT_MAX, file);
		err = ferror(file) ? -EIO : feed_cut(data, size);
	}
	if (file)
		fclose(file);
	free(data);
	return err;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_all(const char *dir)
{
	struct dirent **entries;
	char path[4096];
	int failed = 0, err, n = scandir(dir, &entries, is_input, alphasort);

	if (n < 0) {
		printf("Bail out! %s: %s\n", dir, strerror(errno));
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		err = replay(path);
		printf("%s %d - %s\n", err ? "not ok" : "ok", i + 1, entries[i]->d_name);
		fflush(stdout);
		failed |= err != 0;
		free(entries[i]);
	}
	free(entries);
	return failed;
}

/* Without arguments: the corpus that has this program's name, test/fuzz/corpus/NAME. */
int main(int argc, char **argv)
{
	const char *src = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
	const char *suffix;
	char dir[4096];

	if (argc > 1)
		return replay_all(argv[1]);
	name = name ? name + 1 : argv[0];
	suffix = strstr(name, "_fuzz");
	snprintf(dir, sizeof(dir), "%s/test/fuzz/corpus/%.*s", src ? src : ".",
	    (int)(suffix ? suffix - name : (long)strlen(name)), name);
	return replay_all(dir);
}
