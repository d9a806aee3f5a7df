import { ModelPicker } from '../models/model-picker';

export function Edit() {
  return (
    <div class="page-head">
      <h1>Edit</h1>
      <ModelPicker />
    </div>
  );
}
