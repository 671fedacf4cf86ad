/** The key of the metadata that lists the names of parameters, so that `importOnnx` tells them from constants. */
export const parametersKey = 'antinode.parameters';
