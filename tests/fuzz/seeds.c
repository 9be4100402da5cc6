/* The main function of a fuzzer without libFuzzer: each file that it is given once. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    FILE *f = fopen(argv[i], "rb");
    if (!f) return perror(argv[i]), 1;
    uint8_t *data = malloc(1 << 16), *exact;
    size_t n = data ? fread(data, 1, 1 << 16, f) : 0;
    fclose(f);
    exact = data ? realloc(data, n + 1) : NULL; /* so that a sanitizer sees a step over its end, but for one */
    if (!exact) return 1;
    printf("%s\n", argv[i]);
    fflush(stdout);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
  }
  return 0;
}
