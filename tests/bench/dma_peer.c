/* The system calls of Xilinx's dma_to_device and dma_from_device, for a benchmark in pairs: open, one page-aligned buffer of the
 * whole transfer, seek and write or read. Written from what those tools do; it is none of their code.
 *
 * dma_peer to NODE ADDRESS SIZE FILE     FILE -> NODE
 * dma_peer from NODE ADDRESS SIZE FILE   NODE -> FILE
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int moved(ssize_t done, size_t size, const char *what)
{
	if (done == (ssize_t)size)
		return 1;
	fprintf(stderr, "%s: %zd of %zu bytes\n", what, done, size);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	int to = strcmp(argv[1], "to") == 0;
	off_t address = (off_t)strtoull(argv[3], NULL, 0);
	size_t size = (size_t)strtoull(argv[4], NULL, 0);
	struct timespec before, after;
	void *buffer = NULL;

	int node = open(argv[2], O_RDWR);
	int file = to ? open(argv[5], O_RDONLY) : open(argv[5], O_RDWR | O_CREAT | O_TRUNC | O_SYNC, 0666);
	if (node < 0 || file < 0 || posix_memalign(&buffer, 4096, size + 4096)) {
		perror("dma_peer");
		return 1;
	}
	if (to && !moved(read(file, buffer, size), size, argv[5]))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &before);
	if (address && lseek(node, address, SEEK_SET) != address)
		return 1;
	if (!moved(to ? write(node, buffer, size) : read(node, buffer, size), size, argv[2]))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (!to && !moved(write(file, buffer, size), size, argv[5]))
		return 1;
	double seconds = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
	printf("%s ** Average BW = %zu, %f\n", argv[2], size, (double)size / seconds / 1e6);
	free(buffer);
	close(node);
	close(file);
	return 0;
}
