"""Is dvc.lock the product of this code, these parameters and this data?"""
