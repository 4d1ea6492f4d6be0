/** `isSelected(row, visible, key)`: binary search in the ascending positions of a row of `selection`, where `visible` keys are seen. */
export const IS_SELECTED = `
fn isSelected(row: u32, visible: u32, key: u32) -> bool {
  let first = row * params.nSelected;
  let end = min(params.nSelected, visible);
  var low = 0u;
  var high = end;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (u32(selection(first + middle)) < key) { low = middle + 1u; } else { high = middle; }
  }
  return low < end && u32(selection(first + min(low, end - 1u))) == key;
}`;
