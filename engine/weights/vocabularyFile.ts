/** Names of files that hold a vocabulary, or a part of one, where there is no tokenizer.json; not all are read here. */
export const VOCABULARY_FILE =
  /^(tekken\.json|vocab\.(json|txt|bpe)|merges\.txt|[^/]*\.(tiktoken|model))$/;
