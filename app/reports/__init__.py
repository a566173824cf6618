"""What is printed: labels, travellers, trace sheets. ReportLab is imported here alone, and only when it is used."""
